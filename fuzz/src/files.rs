//! What comes out of files: headers of models, configuration and traces, the index on disk, queries of languages.

use std::path::Path;
use std::sync::LazyLock;

use longsight::config;
use longsight::config::KvType;
use longsight::engine::llama::gguf::read_header;
use longsight::index::NameId;
use longsight::index::codec::Reader;
use longsight::server::trace;
use longsight::syntax::pattern::{Table, compile};
use longsight::syntax::{Language, Registry};
use tree_sitter::{Node, Parser};

/// A header is read or refused in words, and nothing that is computed from it overflows.
pub fn gguf(data: &[u8]) {
    let path = std::env::temp_dir().join(format!("longsight-fuzz-{}-{:?}.gguf", std::process::id(), std::thread::current().id()));
    std::fs::write(&path, data).expect("a scratch file");
    let read = read_header(&path);
    // A scratch file that stays is in nobody's way.
    let _ = std::fs::remove_file(&path);
    match read {
        Ok(header) => {
            let sizes = (header.weight_bytes(), header.expert_bytes(), header.active_share(), header.window());
            let _ = (header.name(), header.context_length(), header.layers(), header.vocabulary(), header.is_embedding(), sizes);
            for kind in ["f16", "q8_0", "q4_0"].iter().filter_map(|name| KvType::by_name(name)) {
                let _ = header.kv_bytes_per_token(kind);
            }
        }
        Err(error) => assert!(error.to_string().contains("longsight-fuzz"), "{error}"),
    }
}

/// The user's configuration, a project's, and a recorded session: problems have words.
pub fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let path = Path::new("config.toml");
    for problem in config::parse(path, &text).1.into_iter().chain(config::parse_project(path, &text).1) {
        assert!(!problem.to_string().is_empty());
    }
    let _ = trace::read(&text);
}

/// A record of the index on disk: whatever it claims, it is a sheet that holds together in what others rely on, or nothing.
pub fn cache(data: &[u8]) {
    let _ = Reader { bytes: data }.texts();
    let mut reader = Reader { bytes: data };
    let Some(sheet) = reader.facts(&mut |name| (name < 1000).then_some(NameId(name))) else { return };
    assert!(sheet.symbols.len() + sheet.uses.len() + sheet.imports.len() <= data.len());
    for (at, symbol) in sheet.symbols.iter().enumerate() {
        assert!(symbol.parent().is_none_or(|parent| parent < at), "a symbol lies in one that comes before it");
        for span in [symbol.item, symbol.signature, symbol.body, symbol.doc] {
            assert!(span.start <= span.end);
        }
    }
}

const PYTHON: &str =
    "import os as o\n@d\nclass A(B):\n    x: int = 1\n    def f(self, a, *b, c=2):\n        return g(a)[0].h\n\nfor i in A:\n    pass\n";

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

/// A query file: compiled or refused with the line, and what is compiled can be asked of any tree.
pub fn query(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let grammar = REGISTRY.by_id("python").and_then(|language| Language::grammar(language)).expect("Python is built in");
    let mut table = Table::default();
    if let Err(problem) = compile(grammar, &text, &mut table) {
        assert!(problem.starts_with("line "), "{problem}");
    }
    let mut parser = Parser::new();
    parser.set_language(grammar).expect("Python's grammar");
    let tree = parser.parse(PYTHON, None).expect("a tree");
    ask(tree.root_node(), &table);
}

fn ask(node: Node<'_>, table: &Table) {
    for pattern in table.at(node.kind_id()) {
        let _ = (pattern.matches(node, PYTHON), pattern.each(node, PYTHON).len());
    }
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        ask(child, table);
    }
}
