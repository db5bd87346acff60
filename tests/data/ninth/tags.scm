; What shaders define, mention and import.

(function_definition declarator: (function_declarator declarator: (identifier) @name) body: (_) @body) @definition.function
((declaration declarator: (function_declarator declarator: (identifier) @name)) @definition.function (#set! in "module"))
(struct_specifier name: (_) @name body: (_) @body) @definition.struct
(preproc_def name: (_) @name) @definition.macro

(preproc_include) @import

[(identifier) (type_identifier) (field_identifier)] @identifier
(comment) @comment
(string_literal) @string
