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
(assignment_pattern right: (_) @target) @later
(object_assignment_pattern right: (_) @target) @later
(augmented_assignment_expression operator: ["&&=" "||=" "??="] right: (_) @target) @later
; What is written to, taken the address of or called as a member: a place, which a copy of its value is not. `through` leads on to the place itself.
(assignment_expression left: (_) @target) @place
(augmented_assignment_expression left: (_) @target) @place
(update_expression argument: (_) @target) @place
(unary_expression operator: "delete" argument: (_) @target) @place
(for_in_statement left: (_) @target) @place
(call_expression function: [(member_expression) (subscript_expression) (parenthesized_expression)] @target) @place
(call_expression arguments: (template_string) @target) @place
(pair key: (_) @target) @place
(if_statement condition: (_) @target) @head
(switch_statement value: (_) @target) @head
[(array_pattern) (object_pattern) (rest_pattern) (parenthesized_expression)] @through
(pair_pattern value: (_) @target) @through
(assignment_pattern left: (_) @target) @through
; Chains that end early: what follows `?.` is not reached, and what is before it cannot be parted from it.
(member_expression object: (_) @target) @chain
(subscript_expression object: (_) @target) @chain
(call_expression function: (_) @target) @chain
(optional_chain) @shortens
; Blocks in which declarations stand, and no statements.
(class_body) @declarations
; What leaves the lines that it is in, and what keeps it inside.
(return_statement) @leaves.function
(break_statement) @leaves.switch
(continue_statement) @leaves.loop
(yield_expression) @leaves.generator
(await_expression) @leaves.await
[(for_statement) (for_in_statement) (while_statement) (do_statement)] @keeps.loop
(switch_statement) @keeps.switch
[(function_declaration) (generator_function_declaration) (function_expression) (generator_function) (arrow_function) (method_definition)] @keeps.function
(augmented_assignment_expression left: (_) @target) @reads
(update_expression argument: (_) @target) @reads
; What a value is made of: an element of something, the same as one of its parts, a holder of them, a literal, or of the type that is the target.
(subscript_expression) @made.element
[(await_expression) (binary_expression) (parenthesized_expression) (spread_element) (ternary_expression) (unary_expression)] @made.same
[(arguments) (array)] @made.holds
[(number) (regex) (string) (template_string)] @made.literal
; What gives a name one value after the other.
[(for_in_statement) (for_statement)] @given.each
; Functions without a name, which are handed on.
[(arrow_function) (function_expression)] @closure
; A string that stands alone in such a statement is a directive at the top of a file.
(expression_statement) @alone
; What names are listed in that a file hands on.
[(export_clause) (export_specifier)] @exported
; What a jump may name: the loop or the place that it leads to.
(statement_identifier) @label
; Where what is bound inside is known, and no further: `function` for what hoists too, `list` for parameters whose function has no body.
[(statement_block) (for_statement) (for_in_statement) (catch_clause) (switch_body)] @bounds
[(function_declaration) (generator_function_declaration) (function_expression) (generator_function) (arrow_function) (method_definition)] @bounds.function
; What is known in all of the function around.
(variable_declaration) @hoists
(for_in_statement kind: "var") @hoists
