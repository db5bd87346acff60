; Where a cursor can be in Python.

(comment) @comment
(string) @string
; A type that is defined later is named in quotes; the strings of `Literal` are values.
((type (string)) @quoted)
((generic_type (identifier) @receiver) @quotes (#eq? @receiver "Literal"))
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
((with_clause) @later (#set! from "1"))
((assert_statement) @later (#set! from "1"))
((comparison_operator) @later (#set! from "2"))
((interpolation "=") @later)
[(type) (except_clause)] @later
; What is written to, taken the address of or called as a member: a place, which a copy of its value is not. `through` leads on to the place itself.
(assignment left: (_) @target) @place
(augmented_assignment left: (_) @target) @place
(for_statement left: (_) @target) @place
(as_pattern alias: (_) @target) @place
(call function: (attribute) @target) @place
[(delete_statement) (concatenated_string)] @place
[(pattern_list) (tuple_pattern) (list_pattern) (list_splat_pattern) (expression_list) (parenthesized_expression) (tuple)] @through
; Blocks in which declarations stand, and no statements.
(class_definition body: (_) @target) @declarations
; What leaves the lines that it is in, and what keeps it inside.
(return_statement) @leaves.function
(break_statement) @leaves.loop
(continue_statement) @leaves.loop
(yield) @leaves.generator
(await) @leaves.await
[(for_statement) (while_statement)] @keeps.loop
; What says that a name which is assigned to is one from around the function.
[(global_statement) (nonlocal_statement)] @lends
[(function_definition) (lambda)] @keeps.function
(augmented_assignment left: (_) @target) @reads
; What a value is made of: an element of something, the same as one of its parts, a holder of them, a literal, or of the type that is the target.
(subscript) @made.element
[(await) (binary_operator) (boolean_operator) (conditional_expression) (expression_list) (named_expression) (parenthesized_expression) (parenthesized_list_splat) (unary_operator)] @made.same
[(argument_list) (list) (list_splat) (tuple)] @made.holds
[(concatenated_string) (float) (integer) (string)] @made.literal
; What gives a name one value after the other.
[(for_statement) (for_in_clause)] @given.each
; Functions without a name, which are handed on.
(lambda) @closure
; A string that stands alone in such a statement documents.
(expression_statement) @alone
; What lacks something without a handler, and what is one.
(try_statement) @tries
[(except_clause) (finally_clause)] @handles
; Dots, which are a statement where they stand alone.
(ellipsis) @dots
; Where what is bound inside is known, and no further: `function` for what hoists too, `list` for parameters whose function has no body.
[(list_comprehension) (dictionary_comprehension) (set_comprehension) (generator_expression)] @bounds
[(function_definition) (lambda)] @bounds.function
; What is known in all of the function around.
(named_expression) @hoists
; The names in it are those of the function around.
(nonlocal_statement) @yields
; What does not know what is bound beside it.
(default_parameter value: (_) @target) @outside
(typed_default_parameter value: (_) @target) @outside
(typed_parameter type: (_) @target) @outside
(typed_default_parameter type: (_) @target) @outside
(function_definition return_type: (_) @target) @outside
(for_in_clause right: (_) @target) @unbound
; What a call names is a parameter, and no member.
(keyword_argument) @argument
