; Where a cursor can be in JavaScript.
; inherits: ecma
