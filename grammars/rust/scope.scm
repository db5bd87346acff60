; Where a cursor can be in Rust.

[(line_comment) (block_comment)] @comment
[(string_literal) (raw_string_literal) (char_literal)] @string
[(block) (declaration_list) (field_declaration_list) (enum_variant_list) (match_block)] @block
[(arguments) (parameters) (binary_expression) (call_expression) (field_expression) (index_expression) (unary_expression) (reference_expression) (try_expression) (type_cast_expression) (parenthesized_expression) (array_expression) (tuple_expression) (token_tree) (let_declaration) (assignment_expression) (compound_assignment_expr) (return_expression) (macro_invocation) (field_initializer) (where_clause) (type_arguments) (use_declaration) (attribute_item)] @expression
[(binary_expression) (call_expression) (field_expression) (index_expression) (unary_expression) (reference_expression) (try_expression) (type_cast_expression) (parenthesized_expression) (array_expression) (tuple_expression) (macro_invocation) (struct_expression) (if_expression) (match_expression) (closure_expression) (await_expression) (string_literal) (integer_literal) (float_literal) (char_literal)] @value
[(let_declaration) (parameter) (closure_parameters) (for_expression) (let_condition) (match_arm) (type_parameter) (const_parameter)] @binding
; What stands in capitals there is a constant that is compared with.
[(let_declaration) (parameter) (closure_parameters) (for_expression) (let_condition) (match_arm)] @refutable
; What is not evaluated where the statement around it begins, or not at all: all of the node, or the part that is the target.
[(closure_expression) (while_expression) (let_chain) (else_clause) (match_arm) (const_item) (static_item) (enum_variant) (field_declaration) (async_block)] @later
(binary_expression operator: ["&&" "||"] right: (_) @target) @later
[(field_expression) (scoped_identifier) (scoped_type_identifier)] @member
[(field_identifier) (type_binding)] @key
[(shorthand_field_initializer) (shorthand_field_identifier)] @shorthand
(token_tree) @tokens
[(array_type) (type_arguments) (const_block) (token_tree)] @later
(array_expression length: (_) @target) @later
(let_declaration pattern: (_) @target) @later
; What is written to, taken the address of or called as a member: a place, which a copy of its value is not. `through` leads on to the place itself.
(assignment_expression left: (_) @target) @place
(compound_assignment_expr left: (_) @target) @place
(reference_expression value: [(field_expression) (index_expression) (unary_expression) (parenthesized_expression)] @target) @place
(call_expression function: [(field_expression) (parenthesized_expression)] @target) @place
(field_expression value: [(field_expression) (index_expression) (unary_expression) (parenthesized_expression)] @target) @place
(match_expression value: [(field_expression) (index_expression) (unary_expression) (parenthesized_expression)] @target) @place
(let_condition value: [(field_expression) (index_expression) (unary_expression) (parenthesized_expression)] @target) @place
((index_expression [(field_expression) (index_expression) (unary_expression) (parenthesized_expression)] @target) @place (#set! to "1"))
[(parenthesized_expression) (tuple_expression) (array_expression)] @through
; Blocks in which declarations stand, and no statements.
[(declaration_list) (field_declaration_list) (enum_variant_list)] @declarations
; What leaves the lines that it is in, and what keeps it inside.
(return_expression) @leaves.function
(try_expression) @leaves.try
[(break_expression) (continue_expression)] @leaves.loop
(yield_expression) @leaves.generator
(await_expression) @leaves.await
[(for_expression) (while_expression) (loop_expression)] @keeps.loop
[(function_item) (closure_expression) (async_block)] @keeps.function
(compound_assignment_expr left: (_) @target) @reads
; What a value is made of: an element of something, the same as one of its parts, a holder of them, a literal, or of the type that is the target.
(index_expression) @made.element
[(await_expression) (binary_expression) (parenthesized_expression) (reference_expression) (try_expression) (unary_expression)] @made.same
[(arguments) (array_expression) (tuple_expression)] @made.holds
[(boolean_literal) (char_literal) (float_literal) (integer_literal) (negative_literal) (raw_string_literal) (string_literal)] @made.literal
(struct_expression name: (_) @target) @made.typed
(mutable_specifier) @made.word
; What gives a name a part of a value, or one after the other; in an arm that is what is matched.
(match_arm) @given.arm
[(struct_pattern) (tuple_struct_pattern)] @given.pattern
(for_expression) @given.each
; Functions without a name, which are handed on.
(closure_expression) @closure
; What a jump may name: the loop or the place that it leads to.
(label) @label
; Where what is bound inside is known, and no further: `function` for what hoists too, `list` for parameters whose function has no body.
[(block) (function_signature_item) (function_type) (closure_expression) (for_expression) (while_expression) (if_expression) (match_arm)] @bounds
(function_item) @bounds.function
; What does not know the variables around it.
(function_item) @closed
; What is known only behind this.
[(let_declaration) (let_condition)] @begins.behind
; What does not know what is bound beside it.
(for_expression value: (_) @target) @outside
(if_expression alternative: (_) @target) @outside
; Names of types and macros, which no variable hides.
(type_identifier) @type
(macro_invocation macro: (_) @target) @apart
