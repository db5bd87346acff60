; Where a cursor can be in JavaScript.
; inherits: ecma

(formal_parameters) @binding
(field_definition) @later
(jsx_attribute) @place
