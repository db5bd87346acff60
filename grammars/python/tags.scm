; What Python files define, mention and import. See src/syntax/pattern.rs for the subset of the query language.

((function_definition name: (_) @name body: (_) @body) @definition.function (#set! docstring ""))
((class_definition name: (_) @name superclasses: (_)? @bases body: (_) @body) @definition.class (#set! docstring ""))
; Types that a call makes, whose members it is given by their names.
((assignment left: (identifier) @name right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)]))
  @definition.class (#eq? @receiver "namedtuple") (#set! in "module") (#set! each ""))
((assignment left: (identifier) @name right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)]))
  @definition.class (#eq? @receiver "NamedTuple") (#set! in "module") (#set! each ""))
((assignment left: (identifier) @name right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)]))
  @definition.class (#eq? @receiver "TypedDict") (#set! in "module") (#set! each ""))
((assignment left: (identifier) @container right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)]
    arguments: (argument_list [(list (string (string_content) @name)) (tuple (string (string_content) @name))])))
  @definition.attribute (#eq? @receiver "namedtuple") (#set! in "module") (#set! each ""))
((assignment left: (identifier) @container right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)]
    arguments: (argument_list (list (tuple (string (string_content) @name))))))
  @definition.attribute (#eq? @receiver "NamedTuple") (#set! in "module") (#set! each ""))
((assignment left: (identifier) @container right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)]
    arguments: (argument_list (dictionary (pair key: (string (string_content) @name))))))
  @definition.attribute (#eq? @receiver "TypedDict") (#set! in "module") (#set! each ""))
; In one string: `namedtuple("Point", "x y")`.
((assignment left: (identifier) @container right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)] arguments: (argument_list (string (string_content) @name))))
  @definition.attribute (#eq? @receiver "namedtuple") (#set! in "module") (#set! each "") (#set! words ""))
((assignment left: (identifier) @name right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)] arguments: (argument_list (string))))
  @definition.class (#eq? @receiver "Enum") (#set! in "module") (#set! each ""))
((assignment left: (identifier) @container right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)] arguments: (argument_list (string (string_content) @name))))
  @definition.attribute (#eq? @receiver "Enum") (#set! in "module") (#set! each "") (#set! words ""))
((assignment left: (identifier) @container right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)]
    arguments: (argument_list [
      (list [(string (string_content) @name) (tuple (string (string_content) @name))])
      (dictionary (pair key: (string (string_content) @name)))])))
  @definition.attribute (#eq? @receiver "Enum") (#set! in "module") (#set! each ""))
((assignment left: (identifier) @name right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)] arguments: (argument_list (string))))
  @definition.class (#eq? @receiver "IntEnum") (#set! in "module") (#set! each ""))
((assignment left: (identifier) @container right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)] arguments: (argument_list (string (string_content) @name))))
  @definition.attribute (#eq? @receiver "IntEnum") (#set! in "module") (#set! each "") (#set! words ""))
((assignment left: (identifier) @container right: (call function: [(identifier) @receiver (attribute attribute: (_) @receiver)]
    arguments: (argument_list [
      (list [(string (string_content) @name) (tuple (string (string_content) @name))])
      (dictionary (pair key: (string (string_content) @name)))])))
  @definition.attribute (#eq? @receiver "IntEnum") (#set! in "module") (#set! each ""))
((assignment left: (identifier) @name) @definition.variable (#set! in "module"))
((assignment left: [(pattern_list [(identifier) @name (list_splat_pattern (identifier) @name)
      (tuple_pattern [(identifier) @name (list_splat_pattern (identifier) @name)]) (list_pattern [(identifier) @name (list_splat_pattern (identifier) @name)])])
    (tuple_pattern [(identifier) @name (list_splat_pattern (identifier) @name)
      (tuple_pattern [(identifier) @name (list_splat_pattern (identifier) @name)]) (list_pattern [(identifier) @name (list_splat_pattern (identifier) @name)])])
    (list_pattern [(identifier) @name (list_splat_pattern (identifier) @name)
      (tuple_pattern [(identifier) @name (list_splat_pattern (identifier) @name)]) (list_pattern [(identifier) @name (list_splat_pattern (identifier) @name)])])])
  @definition.variable (#set! in "module") (#set! each ""))
((assignment left: (identifier) @name) @definition.attribute (#set! in "type"))
((assignment left: [(pattern_list [(identifier) @name (list_splat_pattern (identifier) @name)
      (tuple_pattern [(identifier) @name (list_splat_pattern (identifier) @name)]) (list_pattern [(identifier) @name (list_splat_pattern (identifier) @name)])])
    (tuple_pattern [(identifier) @name (list_splat_pattern (identifier) @name)
      (tuple_pattern [(identifier) @name (list_splat_pattern (identifier) @name)]) (list_pattern [(identifier) @name (list_splat_pattern (identifier) @name)])])
    (list_pattern [(identifier) @name (list_splat_pattern (identifier) @name)
      (tuple_pattern [(identifier) @name (list_splat_pattern (identifier) @name)]) (list_pattern [(identifier) @name (list_splat_pattern (identifier) @name)])])])
  @definition.attribute (#set! in "type") (#set! each ""))
((assignment left: (attribute object: (identifier) @receiver attribute: (identifier) @name)) @definition.attribute
  (#eq? @receiver "self") (#set! in "method") (#set! hoist ""))
((assignment left: [
    (pattern_list (attribute object: (identifier) @receiver attribute: (identifier) @name))
    (tuple_pattern (attribute object: (identifier) @receiver attribute: (identifier) @name))
    (list_pattern (attribute object: (identifier) @receiver attribute: (identifier) @name))]) @definition.attribute
  (#eq? @receiver "self") (#set! in "method") (#set! hoist "") (#set! each ""))
(type_alias_statement left: (type [(identifier) @name (generic_type (identifier) @name)])) @definition.type

((import_from_statement) @import.reexport (#set! file "__init__.py"))
[(import_statement) (import_from_statement) (future_import_statement)] @import

(identifier) @identifier
(comment) @comment
(string) @string
[(decorated_definition) (expression_statement)] @wrapper
(decorator) @attribute
