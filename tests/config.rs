//! Configuration: what is wrong is named and skipped, the rest applies; a project can only narrow.

use std::path::Path;

use longsight::config::{parse, parse_project};

fn messages(text: &str) -> Vec<String> {
    parse(Path::new("config.toml"), text).1.iter().map(ToString::to_string).collect()
}

#[test]
fn no_text_is_the_default() {
    let (config, problems) = parse(Path::new("config.toml"), "");
    assert_eq!((config.roles.scout.as_str(), config.roles.coder.as_str(), problems.len()), ("local", "local", 0));
}

#[test]
fn l3_unknown_key_is_named_with_its_line_and_the_rest_applies() {
    let text = "[roles]\nscout = \"big\"\n\n[engines.big]\nkind = \"ollama\"\nmodle = \"llama4:scout\"\ncontext = 131072\n";
    let (config, problems) = parse(Path::new("config.toml"), text);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].to_string(), "config.toml:6: `modle` is not a setting; did you mean `model`?");
    assert_eq!(config.engines["big"].context, Some(131072));
}

#[test]
fn wrong_type_wrong_kind_and_missing_engine_are_named() {
    let all = messages("[completion]\nmax_tokens = \"many\"\n[engines.x]\nkind = \"grpc\"\n[roles]\ncoder = \"nobody\"\n");
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all[0].contains("config.toml:2: `completion.max_tokens`"), "{all:?}");
    assert!(all[1].contains("must be one of llama, openai, deepseek, ollama"), "{all:?}");
    assert!(all[2].contains("names the engine \"nobody\", which is not set up; there is local"), "{all:?}");
}

#[test]
fn k9_project_cannot_name_an_endpoint() {
    let text = "local_only = true\nignore = [\"gen/\"]\n[engines.evil]\nbase_url = \"http://evil.example\"\n";
    let (project, problems) = parse_project(Path::new(".longsight.toml"), text);
    assert!(project.local_only);
    assert_eq!(project.ignore, ["gen/"]);
    assert!(problems[0].message.contains("a project may only set"));
}

#[test]
fn broken_project_file_narrows() {
    let (project, problems) = parse_project(Path::new(".longsight.toml"), "local_only = ");
    assert!(project.local_only && problems.len() == 1);
}
