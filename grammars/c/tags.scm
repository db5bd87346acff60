; What C files define, mention and import. See src/syntax/pattern.rs for the subset of the query language.

(function_definition declarator: (function_declarator declarator: (identifier) @name) body: (_) @body) @definition.function
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)) body: (_) @body) @definition.function
(function_definition declarator: (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))) body: (_) @body) @definition.function
; A name in brackets, which keeps a macro of that name away.
(function_definition declarator: (function_declarator declarator: (parenthesized_declarator (identifier) @name)) body: (_) @body) @definition.function
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (parenthesized_declarator (identifier) @name))) body: (_) @body) @definition.function
((declaration declarator: [
    (function_declarator declarator: (parenthesized_declarator (identifier) @name))
    (pointer_declarator declarator: (function_declarator declarator: (parenthesized_declarator (identifier) @name)))])
  @definition.function (#set! in "module"))
; What gives a pointer to a function.
((declaration declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))))
  @definition.function (#set! in "module"))
(function_definition declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))) body: (_) @body) @definition.function
((declaration declarator: (function_declarator declarator: (identifier) @name)) @definition.function (#set! in "module"))
((declaration declarator: (pointer_declarator declarator: [
    (function_declarator declarator: (identifier) @name)
    (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))
    (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))])) @definition.function (#set! in "module"))
; Variables, pointers, arrays, pointers to functions.
((declaration declarator: (init_declarator declarator: [
    (identifier) @name
    (array_declarator declarator: [(identifier) @name (array_declarator declarator: (identifier) @name) (parenthesized_declarator (pointer_declarator declarator: (identifier) @name))])
    (pointer_declarator declarator: [
      (identifier) @name
      (array_declarator declarator: [(identifier) @name (array_declarator declarator: (identifier) @name)])
      (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
      (pointer_declarator declarator: [(identifier) @name (array_declarator declarator: (identifier) @name) (pointer_declarator declarator: (identifier) @name) (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))])])
    (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: [(identifier) @name (array_declarator declarator: (identifier) @name)])))]))
  @definition.variable (#set! in "module") (#set! each ""))
((declaration declarator: [
    (array_declarator declarator: [(identifier) @name (array_declarator declarator: (identifier) @name) (parenthesized_declarator (pointer_declarator declarator: (identifier) @name))])
    (pointer_declarator declarator: [
      (identifier) @name
      (array_declarator declarator: [(identifier) @name (array_declarator declarator: (identifier) @name)])
      (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
      (pointer_declarator declarator: [(identifier) @name (array_declarator declarator: (identifier) @name) (pointer_declarator declarator: (identifier) @name) (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))])])
    (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: [(identifier) @name (array_declarator declarator: (identifier) @name)])))])
  @definition.variable (#set! in "module") (#set! each ""))
; A name that lacks its semicolon is a macro before something else.
((declaration declarator: (identifier) @name) @definition.variable (#set! in "module") (#set! ended "") (#set! each ""))
(struct_specifier name: (_) @name body: (_) @body) @definition.struct
(union_specifier name: (_) @name body: (_) @body) @definition.struct
(enum_specifier name: (_) @name body: (_) @body) @definition.enum
(enumerator name: (_) @name) @definition.variant
((type_definition type: (struct_specifier name: (_)) declarator: (type_identifier) @name) @definition.type (#set! each ""))
((type_definition type: (enum_specifier name: (_)) declarator: (type_identifier) @name) @definition.type (#set! each ""))
((type_definition type: [(struct_specifier body: (_) @body) (union_specifier body: (_) @body)] declarator: (type_identifier) @name) @definition.struct (#set! each ""))
((type_definition type: (enum_specifier body: (_) @body) declarator: (type_identifier) @name) @definition.enum (#set! each ""))
((type_definition declarator: [
    (type_identifier) @name
    (array_declarator declarator: [(type_identifier) @name (array_declarator declarator: (type_identifier) @name) (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name))])
    (pointer_declarator declarator: [
      (type_identifier) @name
      (array_declarator declarator: [(type_identifier) @name (array_declarator declarator: (type_identifier) @name)])
      (function_declarator declarator: [(type_identifier) @name (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name))])
      (pointer_declarator declarator: [(type_identifier) @name (array_declarator declarator: (type_identifier) @name) (pointer_declarator declarator: (type_identifier) @name) (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name)))])])
    (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: [(type_identifier) @name (array_declarator declarator: (type_identifier) @name)])))
    (function_declarator declarator: [(type_identifier) @name (parenthesized_declarator (type_identifier) @name)])])
  @definition.type (#set! each ""))
((field_declaration declarator: [
    (field_identifier) @name
    (array_declarator declarator: [(field_identifier) @name (array_declarator declarator: (field_identifier) @name) (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @name))])
    (pointer_declarator declarator: [
      (field_identifier) @name
      (array_declarator declarator: [(field_identifier) @name (array_declarator declarator: (field_identifier) @name)])
      (function_declarator declarator: (parenthesized_declarator [(field_identifier) @name (pointer_declarator declarator: (field_identifier) @name)]))
      (pointer_declarator declarator: [(field_identifier) @name (array_declarator declarator: (field_identifier) @name) (pointer_declarator declarator: (field_identifier) @name) (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @name)))])])
    (function_declarator declarator: (parenthesized_declarator [
      (field_identifier) @name
      (pointer_declarator declarator: [(field_identifier) @name (array_declarator declarator: (field_identifier) @name)])]))])
  @definition.attribute (#set! each ""))
; Where braces do not match, and in a body whose head is a macro, statements stand outside of any function. What they declare is theirs.
([(compound_statement) (if_statement) (for_statement) (while_statement) (do_statement) (switch_statement)] @scope.local (#set! in "module type"))
(preproc_def name: (_) @name) @definition.macro
(preproc_function_def name: (_) @name) @definition.macro

(preproc_include) @import

[(identifier) (type_identifier) (field_identifier)] @identifier
(comment) @comment
(string_literal) @string
