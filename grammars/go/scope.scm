; Where a cursor can be in Go.

(comment) @comment
[(interpreted_string_literal) (raw_string_literal) (rune_literal)] @string
[(block) (field_declaration_list) (interface_type)] @block
[(argument_list) (parameter_list) (binary_expression) (call_expression) (selector_expression) (index_expression) (unary_expression) (parenthesized_expression) (composite_literal) (literal_value) (short_var_declaration) (assignment_statement) (return_statement) (var_spec) (const_spec) (import_spec)] @expression
[(binary_expression) (call_expression) (selector_expression) (index_expression) (unary_expression) (parenthesized_expression) (composite_literal) (interpreted_string_literal) (int_literal) (float_literal)] @value
[(short_var_declaration) (parameter_declaration) (variadic_parameter_declaration) (var_spec) (const_spec) (range_clause) (receive_statement) (type_parameter_declaration)] @binding
(type_switch_statement alias: (_) @name) @binding
; What is not evaluated where the statement around it begins, or not at all: all of the node, or the part that is the target.
[(for_clause) (expression_case) (type_case) (communication_case) (default_case)] @later
(for_statement [(binary_expression) (call_expression) (unary_expression) (parenthesized_expression) (selector_expression) (index_expression)] @target) @later
(if_statement alternative: (_) @target) @later
(binary_expression operator: ["&&" "||"] right: (_) @target) @later
[(selector_expression) (qualified_type)] @member
[(field_identifier) (keyed_element)] @key
[(const_spec) (array_type) (type_arguments) (labeled_statement)] @later
(if_statement initializer: (_) condition: (_) @target) @later
(expression_switch_statement initializer: (_) value: (_) @target) @later
(type_switch_statement initializer: (_) value: (_) @target) @later
; What is written to, taken the address of or called as a member: a place, which a copy of its value is not. `through` leads on to the place itself.
(assignment_statement left: (_) @target) @place
(short_var_declaration left: (_) @target) @place
(range_clause left: (_) @target) @place
(receive_statement left: (_) @target) @place
[(inc_statement) (dec_statement) (defer_statement) (go_statement)] @place
(unary_expression operator: "&" operand: (_) @target) @place
(call_expression function: [(selector_expression) (index_expression) (parenthesized_expression)] @target) @place
(slice_expression operand: [(selector_expression) (index_expression)] @target) @place
[(expression_list) (parenthesized_expression)] @through
(selector_expression operand: [(selector_expression) (index_expression) (parenthesized_expression) (unary_expression)] @target) @through
(index_expression operand: [(selector_expression) (index_expression) (parenthesized_expression) (unary_expression)] @target) @through
; One value that is taken as several.
(short_var_declaration right: (_) @target) @spread
(assignment_statement right: (_) @target) @spread
(var_spec value: (_) @target) @spread
(return_statement (_) @target) @spread
; Blocks in which declarations stand, and no statements.
[(field_declaration_list) (interface_type)] @declarations
; What leaves the lines that it is in, and what keeps it inside.
(return_statement) @leaves.function
[(break_statement) (fallthrough_statement)] @leaves.switch
(continue_statement) @leaves.loop
(goto_statement) @leaves.label
(defer_statement) @leaves.defer
(for_statement) @keeps.loop
[(expression_switch_statement) (type_switch_statement) (select_statement)] @keeps.switch
[(function_declaration) (method_declaration) (func_literal)] @keeps.function
(assignment_statement left: (_) @target operator: ["+=" "-=" "*=" "/=" "%=" "&=" "|=" "^=" "<<=" ">>=" "&^="]) @reads
(inc_statement) @reads
(dec_statement) @reads
; What a value is made of: an element of something, the same as one of its parts, a holder of them, a literal, or of the type that is the target.
[(index_expression) (slice_expression)] @made.element
[(binary_expression) (expression_list) (parenthesized_expression) (unary_expression)] @made.same
(argument_list) @made.holds
[(composite_literal) (float_literal) (func_literal) (imaginary_literal) (int_literal) (interpreted_string_literal) (literal_element) (literal_value) (raw_string_literal) (rune_literal)] @made.literal
; What gives a name one value after the other.
[(for_clause) (for_statement) (range_clause)] @given.each
; What holds the statements of a block.
(statement_list) @statements
(package_clause) @package
; What a jump may name: the loop or the place that it leads to.
(label_name) @label
; Where what is bound inside is known, and no further: `function` for what hoists too, `list` for parameters whose function has no body.
[(block) (for_statement) (if_statement) (expression_switch_statement) (type_switch_statement) (communication_case) (expression_case) (type_case) (default_case) (function_type) (method_elem)] @bounds
[(function_declaration) (method_declaration) (func_literal)] @bounds.function
; The body of a function is one with its parameters.
(function_declaration body: (_) @target) @joins
(method_declaration body: (_) @target) @joins
(func_literal body: (_) @target) @joins
; What is known only behind this.
[(short_var_declaration) (var_spec) (const_spec) (range_clause) (receive_statement)] @begins.behind
; What does not know what is bound beside it.
(type_switch_statement value: (_) @target) @outside
; Names of types, which no variable hides, and variables for types.
(type_identifier) @type
(type_parameter_declaration) @types
