; What Rust files define, mention and import. See src/syntax/pattern.rs for the subset of the query language.

(function_item name: (_) @name body: (_) @body) @definition.function
(function_signature_item name: (_) @name) @definition.function
(struct_item name: (_) @name body: (field_declaration_list) @body) @definition.struct
(struct_item name: (_) @name) @definition.struct
(union_item name: (_) @name body: (_) @body) @definition.struct
(enum_item name: (_) @name body: (_) @body) @definition.enum
(enum_variant name: (_) @name body: (field_declaration_list)? @body) @definition.variant
(field_declaration name: (_) @name) @definition.attribute
(trait_item name: (_) @name bounds: (_)? @bases body: (_) @body) @definition.interface
(type_item name: (_) @name) @definition.type
(associated_type name: (_) @name) @definition.type
((const_item name: (_) @name) @definition.constant (#not-eq? @name "_"))
(static_item name: (_) @name) @definition.constant
(macro_definition name: (_) @name) @definition.macro
(mod_item name: (_) @name body: (_) @body) @definition.module
(mod_item name: (_) @name) @definition.module

(impl_item type: (generic_type type: (type_identifier) @name)) @scope.impl
(impl_item type: (generic_type type: (scoped_type_identifier name: (_) @name))) @scope.impl
(impl_item type: (scoped_type_identifier name: (_) @name)) @scope.impl
(impl_item type: (reference_type type: [
    (type_identifier) @name
    (generic_type type: [(type_identifier) @name (scoped_type_identifier name: (_) @name)])
    (scoped_type_identifier name: (_) @name)])) @scope.impl
; What is done for all that implement a trait belongs to that.
(impl_item type: [
    (dynamic_type trait: [
      (type_identifier) @name
      (generic_type type: [(type_identifier) @name (scoped_type_identifier name: (_) @name)])
      (scoped_type_identifier name: (_) @name)])
    (bounded_type (dynamic_type trait: [
      (type_identifier) @name
      (generic_type type: [(type_identifier) @name (scoped_type_identifier name: (_) @name)])
      (scoped_type_identifier name: (_) @name)]))
    (reference_type type: (dynamic_type trait: [
      (type_identifier) @name
      (generic_type type: [(type_identifier) @name (scoped_type_identifier name: (_) @name)])
      (scoped_type_identifier name: (_) @name)]))]) @scope.impl
(impl_item type: (_) @name) @scope.impl

(use_declaration (visibility_modifier)) @import.reexport
(use_declaration) @import

[(identifier) (type_identifier) (field_identifier) (shorthand_field_identifier)] @identifier
[(line_comment) (block_comment)] @comment
[(string_literal) (raw_string_literal)] @string
[(attribute_item)] @attribute
