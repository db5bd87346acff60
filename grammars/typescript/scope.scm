; Where a cursor can be in TypeScript and TSX, besides where it can be in JavaScript.
; inherits: ecma

[(interface_body) (object_type) (enum_body)] @block
[(type_arguments) (type_annotation)] @expression
[(required_parameter) (optional_parameter) (type_parameter) (mapped_type_clause)] @binding
[(public_field_definition) (enum_assignment)] @later
[(nested_identifier) (nested_type_identifier)] @member
[(literal_type) (type_annotation) (type_arguments) (type_query)] @later
(as_expression (_) @target "const") @place
[(non_null_expression) (as_expression) (satisfies_expression)] @through
(non_null_expression (_) @target) @chain
[(interface_body) (object_type) (enum_body)] @declarations
; What a value is made of, besides what it is in JavaScript.
(non_null_expression) @made.same
([(as_expression) (satisfies_expression)] @made.typed (#set! child "1"))
; Where what is bound inside is known, and no further: `function` for what hoists too, `list` for parameters whose function has no body.
[(function_signature) (method_signature) (abstract_method_signature) (function_type) (constructor_type) (call_signature) (construct_signature) (index_signature)] @bounds
; Bodies that hold what others see.
(internal_module body: (_) @target) @joins
(module body: (_) @target) @joins
; Names of types, which no variable hides.
(type_identifier) @type
