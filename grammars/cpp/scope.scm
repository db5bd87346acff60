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
[(decltype) (template_argument_list) (static_assert_declaration) (attribute_declaration) (noexcept) (requires_clause)] @later
(condition_clause initializer: (_) value: (_) @target) @later
(init_declarator declarator: (reference_declarator) value: (_) @target) @place
(for_range_loop right: [(field_expression) (subscript_expression) (pointer_expression) (parenthesized_expression)] @target) @place
(declaration_list) @declarations
(co_return_statement) @leaves.function
(co_yield_statement) @leaves.generator
(co_await_expression) @leaves.await
(for_range_loop) @keeps.loop
(lambda_expression) @keeps.function
; What a value is made of, besides what it is in C.
(co_await_expression) @made.same
[(raw_string_literal) (user_defined_literal)] @made.literal
(template_function name: (_) @target) @made.generic
(for_range_loop) @given.each
; Functions without a name, which are handed on.
(lambda_expression) @closure
; Where what is bound inside is known, besides what C has, and no further: `function` for what hoists too, `list` for parameters whose function has no body.
[(for_range_loop) (catch_clause) (template_declaration)] @bounds
(lambda_expression) @bounds.function
; What does not know what is bound beside it.
(for_range_loop right: (_) @target) @outside
(lambda_capture_initializer right: (_) @target) @unbound
; What a constructor initializes may be a base, or the same type once more.
(field_initializer (field_identifier) @target) @base
(field_initializer (template_method name: (field_identifier) @target)) @base
