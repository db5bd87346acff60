; Where a cursor can be in Java.

[(line_comment) (block_comment)] @comment
[(string_literal) (character_literal)] @string
[(block) (class_body) (interface_body) (enum_body) (constructor_body) (switch_block)] @block
[(argument_list) (formal_parameters) (binary_expression) (method_invocation) (field_access) (array_access) (unary_expression) (parenthesized_expression) (array_initializer) (variable_declarator) (assignment_expression) (ternary_expression) (return_statement) (object_creation_expression) (import_declaration) (type_arguments)] @expression
[(binary_expression) (method_invocation) (field_access) (array_access) (unary_expression) (parenthesized_expression) (ternary_expression) (object_creation_expression) (string_literal) (decimal_integer_literal)] @value
[(formal_parameter) (catch_formal_parameter) (variable_declarator) (enhanced_for_statement) (inferred_parameters) (lambda_expression)] @binding
[(resource name: (_) @name) (instanceof_expression name: (_) @name) (type_pattern (identifier) @name) (record_pattern_component (identifier) @name) (type_parameter (type_identifier) @name)] @binding
; What is not evaluated where the statement around it begins, or not at all: all of the node, or the part that is the target.
[(lambda_expression) (while_statement) (do_statement) (for_statement) (switch_block_statement_group) (switch_rule) (field_declaration) (enum_constant)] @later
(enhanced_for_statement body: (_) @target) @later
(if_statement consequence: (_) @target) @later
(if_statement alternative: (_) @target) @later
(ternary_expression consequence: (_) @target) @later
(ternary_expression alternative: (_) @target) @later
(binary_expression operator: ["&&" "||"] right: (_) @target) @later
[(method_invocation) (field_access) (method_reference) (scoped_identifier) (scoped_type_identifier)] @member
(element_value_pair) @key
[(resource_specification) (annotation) (explicit_constructor_invocation) (assert_statement)] @later
; What stands there gives it its type.
((object_creation_expression type: (generic_type (type_arguments) @name)) @rooted (#eq? @name "<>"))
; What is written to, taken the address of or called as a member: a place, which a copy of its value is not. `through` leads on to the place itself.
(assignment_expression left: (_) @target) @place
(update_expression) @place
(parenthesized_expression) @through
(if_statement condition: (_) @target) @head
(switch_expression condition: (_) @target) @head
(synchronized_statement (parenthesized_expression) @target) @head
; What may as well name a type or a package.
(field_access) @path
; Blocks in which declarations stand, and no statements.
[(class_body) (interface_body) (enum_body)] @declarations
; What leaves the lines that it is in, and what keeps it inside.
(return_statement) @leaves.function
(break_statement) @leaves.switch
(yield_statement) @leaves.arm
(continue_statement) @leaves.loop
[(for_statement) (enhanced_for_statement) (while_statement) (do_statement)] @keeps.loop
(switch_expression) @keeps.switch
[(method_declaration) (constructor_declaration) (lambda_expression)] @keeps.function
(assignment_expression left: (_) @target operator: ["+=" "-=" "*=" "/=" "%=" "&=" "|=" "^=" "<<=" ">>=" ">>>="]) @reads
(update_expression) @reads
; What a value is made of: an element of something, the same as one of its parts, a holder of them, a literal, or of the type that is the target.
(array_access) @made.element
[(binary_expression) (parenthesized_expression) (ternary_expression) (unary_expression)] @made.same
[(argument_list) (array_initializer)] @made.holds
[(binary_integer_literal) (character_literal) (class_literal) (decimal_floating_point_literal) (decimal_integer_literal) (hex_floating_point_literal) (hex_integer_literal) (null_literal) (octal_integer_literal) (string_literal)] @made.literal
; What gives a name a part of a value, or one after the other.
[(record_pattern) (type_pattern)] @given.pattern
[(enhanced_for_statement) (for_statement)] @given.each
; Functions without a name, which are handed on.
(lambda_expression) @closure
(package_declaration) @package
; Jumps in which a plain name is that of the loop or the block that they lead to.
[(break_statement) (continue_statement)] @labelled
; A statement whose first name is a label.
(labeled_statement (identifier) @target) @labels
; Where what is bound inside is known, and no further: `function` for what hoists too, `list` for parameters whose function has no body.
[(block) (constructor_body) (for_statement) (enhanced_for_statement) (catch_clause) (try_with_resources_statement) (switch_block) (switch_rule)] @bounds
[(method_declaration) (constructor_declaration) (compact_constructor_declaration) (lambda_expression)] @bounds.function
; What is known only from its name on.
[(local_variable_declaration) (resource) (instanceof_expression)] @begins
; What does not know what is bound beside it.
(enhanced_for_statement value: (_) @target) @outside
; Names of types and of methods that are called, which no variable hides.
(type_identifier) @type
(method_invocation name: (_) @target) @apart
