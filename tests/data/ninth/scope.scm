; Where a cursor can be in a shader.

(comment) @comment
(string_literal) @string
[(compound_statement) (field_declaration_list)] @block
[(argument_list) (parameter_list) (binary_expression) (call_expression) (field_expression) (parenthesized_expression) (init_declarator) (assignment_expression) (return_statement) (preproc_include)] @expression
[(binary_expression) (call_expression) (field_expression) (parenthesized_expression) (number_literal)] @value
[(parameter_declaration) (init_declarator) (declaration)] @binding
(field_expression) @member
(field_identifier) @key
[(for_statement) (while_statement) (else_clause)] @later
(return_statement) @leaves.function
(function_definition) @keeps.function
[(binary_expression) (parenthesized_expression)] @made.same
(argument_list) @made.holds
(number_literal) @made.literal
