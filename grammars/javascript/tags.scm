; What JavaScript files define, besides what all of its family do. See src/syntax/pattern.rs for the subset of the query language.
; inherits: ecma

(field_definition property: (string (string_fragment) @name)) @definition.attribute
(field_definition property: (_) @name value: (arrow_function body: (_) @body)) @definition.method
(field_definition property: (_) @name) @definition.attribute
