//! Secrets in files of settings, and keys that programs put together from strings.

use longsight::redact;

/// Put together at run time, so that no scanner takes this file for a leak.
fn keys() -> Vec<(&'static str, String)> {
    let body = "Zx9Qw3Er7Ty1Ui5Op2As4Df6Gh8Jk0LmNb3Vc";
    vec![
        ("aws", format!("AKIA{}", "IOSFODNN7EXAMPLE")),
        ("github", format!("ghp_{}", &body[..36])),
        ("slack", format!("xoxb-{}", "123456789012-abcdefGHIJKL")),
        ("stripe", format!("sk_live_{}", "4eC39HqLyjWDarjtT1zdp7dc")),
        ("openai", format!("sk-{body}")),
    ]
}

/// A password of YAML without quotes was seen where a type might stand.
#[test]
fn k13_a_password_that_takes_its_line_in_yaml_is_masked() {
    for text in [
        "db:\n  user: admin\n  password: hunter2secret\n",
        "password: abc123",
        "- name: app\n  db_password: s3cretword # for now\n  port: 1\n",
        "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: postgres123\n",
        "environment:\n  - POSTGRES_PASSWORD=postgres123\n",
        "DB_PASSWORD=postgres123\nDB_HOST=db\n",
        "spring.datasource.password=hunter22\n",
    ] {
        let masked = redact::mask(text);
        assert!(masked.contains("<redacted secret "), "{text}: {masked}");
        let value = text.split([' ', '=', '\n']).find(|word| word.contains(|c: char| c.is_ascii_digit()) && word.len() > 5).unwrap();
        assert!(!masked.contains(value), "{value}: {masked}");
    }
    for plain in [
        "db:\n  password: ${DB_PASSWORD1}\n",
        "db:\n  password: {{ vault_password1 }}\n",
        "db:\n  password: \n  port: 5432\n",
        "schema:\n  password: required\n  kind: string\n",
        "auth:\n  password_hash: sha256\n  rounds: 10\n",
        "interface Login {\n  password: Utf8String\n  name: string\n}\n",
        "const login = {\n  password: password2,\n  name,\n}\n",
        "def login(\n    password: str8name,\n):\n    pass\n",
        "db:\n  password: config.db2.password\n",
    ] {
        assert_eq!(redact::mask(plain), plain);
    }
}

/// A key in two strings side by side was no key.
#[test]
fn k13_a_key_in_two_strings_is_masked_in_both() {
    for (name, secret) in keys() {
        for between in ["\" \"", "\" + \"", "' + '", "\"\n    \"", "\" \\\n    \"", "\" . \""] {
            let (first, second) = secret.split_at(secret.len() / 2);
            let masked = redact::mask(&format!("a = \"{first}{between}{second}\"\n"));
            assert!(!masked.contains(second) && !masked.contains(first), "{name}: {masked}");
            assert_eq!(masked.lines().count(), 1 + between.matches('\n').count(), "{name}: {masked}");
        }
    }
    let (name, part) = ("github-token", "ghp_Zx9Qw3Er7Ty1");
    for plain in [format!("[\"{part}\", \"Ui5Op2As4Df6Gh8Jk0LmNb3Vc\"]"), format!("{name} = \"{part}\" \"!\""), "x = \"\" + \"\"".into()] {
        assert_eq!(redact::mask(&plain), plain);
    }
}

/// Only the first of several values was looked at, whichever of the names was the telling one.
#[test]
fn k13_a_password_among_several_names_and_values_is_masked() {
    let secret = format!("S3cr3t!{}", "Pass9");
    let lines = [
        format!("user, password = \"root\", \"{secret}\""),
        format!("password, user = '{secret}', 'root'"),
        format!("let (user, password) = (\"root\", \"{secret}\".to_string());"),
        format!("const [user, password, host] = [\"root\", `{secret}`, name(1, 2)];"),
        format!("user, password := find(\"root, a\"), \"{secret}\""),
        format!("self.user, self.password = b\"root\", b\"{secret}\""),
    ];
    for line in lines {
        let masked = redact::mask(&format!("x = 1\n{line}\ny = 2\n"));
        assert!(!masked.contains(&secret) && masked.contains("root") && masked.ends_with("\ny = 2\n"), "{masked}");
    }
}
