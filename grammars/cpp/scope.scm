; Where a cursor can be in C++, besides where it can be in C.
; inherits: c

(raw_string_literal) @string
(declaration_list) @block
(lambda_expression) @value
[(optional_parameter_declaration) (variadic_parameter_declaration) (for_range_loop) (lambda_capture_initializer) (type_parameter_declaration)] @binding
(lambda_expression) @later
(for_range_loop body: (_) @target) @later
(binary_expression operator: ["and" "or"] right: (_) @target) @later
(qualified_identifier) @member
(class_specifier) @tag
