; Where a cursor can be in JavaScript and TypeScript.

(comment) @comment
[(string) (template_string) (regex)] @string
(template_substitution) @interpolation
[(statement_block) (class_body) (switch_body)] @block
[(arguments) (formal_parameters) (binary_expression) (call_expression) (member_expression) (subscript_expression) (unary_expression) (parenthesized_expression) (array) (object) (ternary_expression) (assignment_expression) (variable_declarator) (return_statement) (import_statement) (new_expression) (await_expression)] @expression
[(binary_expression) (call_expression) (member_expression) (subscript_expression) (unary_expression) (parenthesized_expression) (array) (object) (ternary_expression) (new_expression) (await_expression) (arrow_function) (string) (template_string) (number)] @value
[(variable_declarator) (arrow_function) (assignment_pattern) (catch_clause) (for_in_statement)] @binding
(pair_pattern value: (_) @name) @binding
; What is not evaluated where the statement around it begins, or not at all: all of the node, or the part that is the target.
[(arrow_function) (formal_parameters) (while_statement) (do_statement) (for_statement) (else_clause) (switch_case) (switch_default)] @later
(for_in_statement body: (_) @target) @later
(if_statement consequence: (_) @target) @later
(ternary_expression consequence: (_) @target) @later
(ternary_expression alternative: (_) @target) @later
(binary_expression operator: ["&&" "||" "??"] right: (_) @target) @later
(member_expression) @member
[(property_identifier) (private_property_identifier)] @key
[(shorthand_property_identifier) (shorthand_property_identifier_pattern)] @shorthand
