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

/// Only names that begin their line were seen in YAML, and no value before a comma or a brace.
#[test]
fn k13_a_password_in_a_map_on_one_line_of_yaml_is_masked() {
    for text in [
        "{password: hunter2abc, user: x}",
        "db: {user: root, password: hunter2abc}\nport: 5432\n",
        "- {user: root, \"password\": hunter2abc} # for now\n- name: b\n",
        "db:\n  main: {host: db1, token: hunter2Abc9x}\n  port: 5432\n",
    ] {
        let masked = redact::mask(text);
        assert!(masked.contains("<redacted secret ") && !masked.contains("hunter2"), "{text}: {masked}");
        assert_eq!(masked.matches(['{', '}', ',']).count(), text.matches(['{', '}', ',']).count(), "{masked}");
    }
    for plain in [
        "let login = {password: hunter2abc, user: x};\n",
        "connect({\n  login: {password: hunter2, user: x}\n})\n",
        "match login {\n    Login { password: hunter2, user: user1 } => 1,\n}\n",
        "const login = {\n  main: {password: hunter2, user: x},\n  port,\n}\n",
        "type Login = { password: Utf8String, user: string }\n",
        "db: {password: string, user: string}\n",
        "db: {password: $DB_PASSWORD1, user: root}\n",
        "db: {password: password1, user: root}\n",
        "db: {password: {{ vault_password1 }}, user: root}\n",
    ] {
        assert_eq!(redact::mask(plain), plain);
    }
}

/// Between a password's name and its value only signs were expected.
#[test]
fn k13_a_password_behind_blanks_among_lines_of_settings_is_masked() {
    for text in [
        "account default\nhost smtp.example.org\nuser me\npassword hunter2abc\n",
        "login me\npassword hunter2abc\n",
        "# mail\nset daemon\n  user me\n  pass hunter2abc\n",
        "listen 8080\n\nauth_pass   hunter2abc\n",
    ] {
        let masked = redact::mask(text);
        assert!(masked.contains("<redacted secret ") && !masked.contains("hunter2"), "{text}: {masked}");
    }
    for plain in [
        "type User struct {\n\tname string\n\tpassword p256hash\n}\n",
        "CREATE TABLE users (\n  name varchar,\n  password char60\n);\n",
        "model User {\n  name String\n  password Utf8String\n}\n",
        "def login\n  user name1\n  password hunter2 unless open?\nend\n",
        "host smtp.example.org\npassword file\n",
        "host smtp.example.org\npassword $PASSWORD1\n",
        "password hunter2",
    ] {
        assert_eq!(redact::mask(plain), plain);
    }
}

/// The key of a wireless network has a name of its own.
#[test]
fn k13_the_key_of_a_wireless_network_is_masked() {
    for text in [
        "network={\n  ssid=\"home\"\n  psk=\"correcthorse\"\n}\n",
        "const char* psk = \"hunter2abc\";\n",
        "#define WIFI_PSK \"hunter2abc\"\n",
        "char wifi_password[] = \"hunter2abc\";\n",
        "String passphrase = \"hunter2abc\";\n",
        "wpa_passphrase=hunter2abc\nssid=home\n",
        "WiFi.begin(\"home\", \"hunter2abc\");\n",
        "WiFi.softAP(ssid, \"hunter2abc\");\n",
    ] {
        let masked = redact::mask(text);
        assert!(masked.contains("<redacted ") && !masked.contains("hunter2") && !masked.contains("correct"), "{text}: {masked}");
    }
    for plain in [
        "TLS_PSK_WITH_AES_128_CBC_SHA = \"TLS_PSK_WITH_AES_128_CBC_SHA\"\n",
        "psk_identity = \"client1@example\"\n",
        "modes = {\"psk\": \"PSK\"}\n",
        "WiFi.begin(ssid, password);\n",
        "topsky = \"hunter2abc\"\n",
        "names = {\n    \"Cryptography_HAS_PSK\": cryptography_has_psk,\n    \"Cryptography_HAS_PSK_TLSv1_3\": cryptography_has_psk13,\n}\n",
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
