; Where a cursor can be in Python.

(comment) @comment
(string) @string
(interpolation) @interpolation
(block) @block
[(argument_list) (parameters) (binary_operator) (boolean_operator) (comparison_operator) (not_operator) (unary_operator) (call) (attribute) (subscript) (parenthesized_expression) (list) (dictionary) (set) (tuple) (list_comprehension) (dictionary_comprehension) (set_comprehension) (generator_expression) (conditional_expression) (lambda) (assignment) (augmented_assignment) (return_statement) (raise_statement) (assert_statement) (import_statement) (import_from_statement)] @expression
[(binary_operator) (boolean_operator) (comparison_operator) (not_operator) (unary_operator) (call) (attribute) (subscript) (parenthesized_expression) (list) (dictionary) (set) (tuple) (list_comprehension) (dictionary_comprehension) (set_comprehension) (generator_expression) (conditional_expression) (lambda) (string) (integer) (float)] @value
[(parameters) (lambda_parameters) (default_parameter) (typed_parameter) (typed_default_parameter) (assignment) (for_statement) (for_in_clause) (as_pattern) (named_expression)] @binding
(case_pattern [(dotted_name (identifier) @name) (splat_pattern (identifier) @name) (keyword_pattern (dotted_name (identifier) @name))]) @binding
(global_statement) @outer
; What is not evaluated where the statement around it begins, or not at all: all of the node, or the part that is the target.
[(lambda) (list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression) (elif_clause) (conditional_expression) (case_clause)] @later
(while_statement condition: (_) @target) @later
(boolean_operator right: (_) @target) @later
(attribute) @member
[(keyword_argument) (keyword_pattern)] @key
