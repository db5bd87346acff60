; Where a cursor can be in C.

(comment) @comment
[(string_literal) (char_literal) (system_lib_string)] @string
[(compound_statement) (field_declaration_list) (enumerator_list)] @block
[(argument_list) (parameter_list) (binary_expression) (call_expression) (field_expression) (subscript_expression) (unary_expression) (pointer_expression) (parenthesized_expression) (initializer_list) (init_declarator) (assignment_expression) (conditional_expression) (return_statement) (preproc_include)] @expression
[(binary_expression) (call_expression) (field_expression) (subscript_expression) (unary_expression) (parenthesized_expression) (conditional_expression) (string_literal) (number_literal)] @value
[(parameter_declaration) (init_declarator) (declaration)] @binding
; What is not evaluated where the statement around it begins, or not at all: all of the node, or the part that is the target.
[(while_statement) (do_statement) (for_statement) (else_clause) (case_statement) (field_declaration) (enumerator)] @later
(if_statement consequence: (_) @target) @later
(conditional_expression consequence: (_) @target) @later
(conditional_expression alternative: (_) @target) @later
(binary_expression operator: ["&&" "||"] right: (_) @target) @later
(field_expression) @member
(field_identifier) @key
[(struct_specifier) (union_specifier) (enum_specifier)] @tag
[(preproc_arg) (preproc_params)] @raw
[(sizeof_expression) (alignof_expression) (offsetof_expression) (gnu_asm_expression) (labeled_statement) (preproc_if) (preproc_ifdef) (preproc_else)] @later
(array_declarator size: (_) @target) @later
(declaration (storage_class_specifier)) @later
; What is written to, taken the address of or called as a member: a place, which a copy of its value is not. `through` leads on to the place itself.
(assignment_expression left: (_) @target) @place
(update_expression argument: (_) @target) @place
(pointer_expression operator: "&" argument: (_) @target) @place
(call_expression function: [(field_expression) (subscript_expression) (parenthesized_expression)] @target) @place
(init_declarator declarator: (array_declarator) value: (_) @target) @place
(concatenated_string) @place
(parenthesized_expression) @through
(field_expression argument: [(field_expression) (subscript_expression) (pointer_expression) (parenthesized_expression)] @target operator: ".") @through
(subscript_expression argument: [(field_expression) (subscript_expression) (pointer_expression) (parenthesized_expression)] @target) @through
(if_statement condition: (_) @target) @head
(switch_statement condition: (_) @target) @head
; Blocks in which declarations stand, and no statements.
[(field_declaration_list) (enumerator_list)] @declarations
; What leaves the lines that it is in, and what keeps it inside.
(return_statement) @leaves.function
(break_statement) @leaves.switch
(continue_statement) @leaves.loop
(goto_statement) @leaves.label
[(for_statement) (while_statement) (do_statement)] @keeps.loop
(switch_statement) @keeps.switch
(function_definition) @keeps.function
(assignment_expression left: (_) @target operator: ["+=" "-=" "*=" "/=" "%=" "&=" "|=" "^=" "<<=" ">>="]) @reads
(update_expression argument: (_) @target) @reads
; What a value is made of: an element of something, the same as one of its parts, a holder of them, a literal, or of the type that is the target.
(subscript_expression) @made.element
[(binary_expression) (conditional_expression) (parenthesized_expression) (pointer_expression) (unary_expression)] @made.same
[(argument_list) (initializer_list)] @made.holds
[(char_literal) (compound_literal_expression) (concatenated_string) (number_literal) (string_literal)] @made.literal
; What gives a name one value after the other.
(for_statement) @given.each
; A condition of the preprocessor may be around all of a file.
[(preproc_elif) (preproc_elifdef) (preproc_else) (preproc_if) (preproc_ifdef)] @condition
; What a jump may name: the loop or the place that it leads to.
(statement_identifier) @label
; Where what is bound inside is known, and no further: `function` for what hoists too, `list` for parameters whose function has no body.
[(compound_statement) (for_statement) (if_statement) (while_statement) (switch_statement)] @bounds
(function_definition) @bounds.function
(parameter_list) @bounds.list
; What is known only from its name on.
(declaration) @begins
; Names of types, which no variable hides.
(type_identifier) @type
