; What C++ files define, mention and import, besides what C has. See src/syntax/pattern.rs for the subset of the query language.
; inherits: c

; References are declared as pointers are in C.
((declaration declarator: [
    (init_declarator declarator: [(reference_declarator (identifier) @name) (pointer_declarator declarator: (reference_declarator (identifier) @name))])
    (reference_declarator (identifier) @name)
    (pointer_declarator declarator: (reference_declarator (identifier) @name))])
  @definition.variable (#set! in "module") (#set! each ""))
((field_declaration declarator: [
    (reference_declarator (field_identifier) @name)
    (pointer_declarator declarator: (reference_declarator (field_identifier) @name))]) @definition.attribute (#set! each ""))
(struct_specifier name: [(template_type name: (_) @name) (qualified_identifier name: (template_type name: (_) @name))]
  (base_class_clause)? @bases body: (_) @body) @definition.struct
(struct_specifier name: [(qualified_identifier scope: (_) @container name: (type_identifier) @name)
    (qualified_identifier name: (qualified_identifier scope: (_) @container name: (type_identifier) @name))]
  (base_class_clause)? @bases body: (_) @body) @definition.struct
(struct_specifier name: (_) @name (base_class_clause)? @bases body: (_) @body) @definition.struct
((for_range_loop) @scope.local (#set! in "module type"))

; `operator bool`: the name ends where the parameters begin.
(function_definition declarator: (operator_cast declarator: [
    (abstract_function_declarator parameters: (_) @before)
    (abstract_pointer_declarator declarator: (abstract_function_declarator parameters: (_) @before))
    (abstract_reference_declarator (abstract_function_declarator parameters: (_) @before))]) @name body: (_) @body) @definition.method
(function_definition declarator: (operator_cast declarator: [
    (abstract_function_declarator parameters: (_) @before)
    (abstract_pointer_declarator declarator: (abstract_function_declarator parameters: (_) @before))
    (abstract_reference_declarator (abstract_function_declarator parameters: (_) @before))]) @name) @definition.method
((declaration declarator: (operator_cast declarator: [
    (abstract_function_declarator parameters: (_) @before)
    (abstract_pointer_declarator declarator: (abstract_function_declarator parameters: (_) @before))
    (abstract_reference_declarator (abstract_function_declarator parameters: (_) @before))]) @name) @definition.method (#set! in "type"))
(function_definition declarator: [
    (qualified_identifier scope: (_) @container name: (operator_cast declarator: [
      (abstract_function_declarator parameters: (_) @before)
      (abstract_pointer_declarator declarator: (abstract_function_declarator parameters: (_) @before))
      (abstract_reference_declarator (abstract_function_declarator parameters: (_) @before))]) @name)
    (qualified_identifier name: (qualified_identifier scope: (_) @container name: (operator_cast declarator: [
      (abstract_function_declarator parameters: (_) @before)
      (abstract_pointer_declarator declarator: (abstract_function_declarator parameters: (_) @before))
      (abstract_reference_declarator (abstract_function_declarator parameters: (_) @before))]) @name))]
  body: (_) @body) @definition.method

(function_definition declarator: [(function_declarator declarator: [[(operator_name) (destructor_name) (identifier)] @name (template_function name: (_) @name)]) (pointer_declarator declarator: [(function_declarator declarator: [[(operator_name) (destructor_name) (identifier)] @name (template_function name: (_) @name)]) (pointer_declarator declarator: (function_declarator declarator: [[(operator_name) (destructor_name) (identifier)] @name (template_function name: (_) @name)])) (reference_declarator (function_declarator declarator: [[(operator_name) (destructor_name) (identifier)] @name (template_function name: (_) @name)]))]) (reference_declarator (function_declarator declarator: [[(operator_name) (destructor_name) (identifier)] @name (template_function name: (_) @name)]))] body: (_) @body) @definition.function
(function_definition declarator: [(function_declarator declarator: (field_identifier) @name) (pointer_declarator declarator: [(function_declarator declarator: (field_identifier) @name) (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name)) (reference_declarator (function_declarator declarator: (field_identifier) @name))]) (reference_declarator (function_declarator declarator: (field_identifier) @name))] body: (_) @body) @definition.method
(function_definition declarator: [(function_declarator declarator: (qualified_identifier scope: (template_type name: (_) @container) name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])) (pointer_declarator declarator: [(function_declarator declarator: (qualified_identifier scope: (template_type name: (_) @container) name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])) (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier scope: (template_type name: (_) @container) name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)]))) (reference_declarator (function_declarator declarator: (qualified_identifier scope: (template_type name: (_) @container) name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])))]) (reference_declarator (function_declarator declarator: (qualified_identifier scope: (template_type name: (_) @container) name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])))] body: (_) @body) @definition.method
(function_definition declarator: [(function_declarator declarator: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])) (pointer_declarator declarator: [(function_declarator declarator: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])) (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)]))) (reference_declarator (function_declarator declarator: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])))]) (reference_declarator (function_declarator declarator: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])))] body: (_) @body) @definition.method
(function_definition declarator: [(function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (template_type name: (_) @container) name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)]))) (pointer_declarator declarator: [(function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (template_type name: (_) @container) name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)]))) (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (template_type name: (_) @container) name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])))) (reference_declarator (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (template_type name: (_) @container) name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)]))))]) (reference_declarator (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (template_type name: (_) @container) name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)]))))] body: (_) @body) @definition.method
(function_definition declarator: [(function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)]))) (pointer_declarator declarator: [(function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)]))) (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])))) (reference_declarator (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)]))))]) (reference_declarator (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)]))))] body: (_) @body) @definition.method
(function_definition declarator: [(function_declarator declarator: (qualified_identifier name: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])))) (pointer_declarator declarator: [(function_declarator declarator: (qualified_identifier name: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])))) (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier name: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)]))))) (reference_declarator (function_declarator declarator: (qualified_identifier name: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])))))]) (reference_declarator (function_declarator declarator: (qualified_identifier name: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [[(identifier) (destructor_name) (operator_name)] @name (template_function name: (_) @name)])))))] body: (_) @body) @definition.method
; `= default` and `= delete`.
(function_definition declarator: [
    (function_declarator declarator: [(identifier) (destructor_name) (operator_name) (field_identifier)] @name)
    (pointer_declarator declarator: (function_declarator declarator: [(identifier) (destructor_name) (operator_name) (field_identifier)] @name))
    (reference_declarator (function_declarator declarator: [(identifier) (destructor_name) (operator_name) (field_identifier)] @name))]) @definition.function
(function_definition declarator: [
    (function_declarator declarator: [(qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name) (qualified_identifier name: (qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name))])
    (reference_declarator (function_declarator declarator: [(qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name) (qualified_identifier name: (qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name))]))]) @definition.method
(field_declaration declarator: [(function_declarator declarator: [(field_identifier) (operator_name)] @name) (pointer_declarator declarator: [(function_declarator declarator: [(field_identifier) (operator_name)] @name) (pointer_declarator declarator: (function_declarator declarator: [(field_identifier) (operator_name)] @name)) (reference_declarator (function_declarator declarator: [(field_identifier) (operator_name)] @name))]) (reference_declarator (function_declarator declarator: [(field_identifier) (operator_name)] @name))]) @definition.method
; Constructors, destructors and friends that are only declared.
((declaration declarator: [
    (function_declarator declarator: [(identifier) (destructor_name) (operator_name)] @name)
    (pointer_declarator declarator: [
      (function_declarator declarator: (identifier) @name)
      (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))
      (reference_declarator (function_declarator declarator: [(identifier) (operator_name)] @name))])
    (reference_declarator (function_declarator declarator: [(identifier) (operator_name)] @name))])
  @definition.method (#set! in "type"))
((declaration declarator: [
    (function_declarator declarator: (operator_name) @name)
    (pointer_declarator declarator: (reference_declarator (function_declarator declarator: [(identifier) (operator_name)] @name)))
    (reference_declarator (function_declarator declarator: [(identifier) (operator_name)] @name))])
  @definition.function (#set! in "module"))
; Where a static member gets its value.
((declaration declarator: (init_declarator declarator: [
    (qualified_identifier scope: (_) @container name: (identifier) @name)
    (qualified_identifier name: (qualified_identifier scope: (_) @container name: (identifier) @name))]))
  @definition.attribute (#set! in "module"))
(class_specifier name: [(template_type name: (_) @name) (qualified_identifier name: (template_type name: (_) @name))]
  (base_class_clause)? @bases body: (_) @body) @definition.class
(class_specifier name: [(qualified_identifier scope: (_) @container name: (type_identifier) @name)
    (qualified_identifier name: (qualified_identifier scope: (_) @container name: (type_identifier) @name))]
  (base_class_clause)? @bases body: (_) @body) @definition.class
(class_specifier name: (_) @name (base_class_clause)? @bases body: (_) @body) @definition.class
(namespace_alias_definition name: (_) @name) @definition.module
((namespace_definition name: (nested_namespace_specifier [
    (namespace_identifier) @name
    (nested_namespace_specifier [
      (namespace_identifier) @name
      (nested_namespace_specifier [
        (namespace_identifier) @name
        (nested_namespace_specifier (namespace_identifier) @name)])])]) body: (_) @body)
  @definition.module (#set! each "") (#set! nested ""))
(namespace_definition name: (_) @name body: (_) @body) @definition.module
(alias_declaration name: (_) @name) @definition.type
(concept_definition name: (_) @name) @definition.interface

(namespace_identifier) @identifier
(raw_string_literal) @string
(template_declaration) @wrapper
[(template_parameter_list) (requires_clause)] @attribute
