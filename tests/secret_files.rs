//! Which files are secret by their names.

use longsight::workspace::secret::is_secret_name;

#[test]
fn d11_copies_variants_and_folders_of_secrets_are_secret() {
    let secret = [
        ".dev.vars",
        ".env~",
        ".env.bak",
        ".env.local~",
        "secrets.dev.yml",
        "secrets-prod.yaml",
        "config/prod.secrets.json",
        "credentials.old.json",
        "server.crt",
        "ca.cert",
        "id_rsa.bak",
        ".id_rsa.swp",
        "terraform.tfvars.orig",
        ".vault_pass",
        "secrets/database.yml",
        "deploy/secrets/db_password",
        "key.pem~",
        ".bash_history",
        ".local/share/fish/fish_history",
        ".viminfo",
        ".lesshst",
        ".local/share/recently-used.xbel",
        ".wget-hsts",
        ".config/gh/hosts.yml",
        "gh/hosts.yml",
        ".m2/settings.xml",
        "auth.json",
        "app-firebase-adminsdk-x1.json",
        "service_account.json",
        "service-account-prod.json",
        "kubeconfig.yml",
        "db.keytab",
        "ssh_host_rsa_key",
        "token.txt",
        "api-keys.json",
        "password.txt",
        "secrets.json5",
        "prod.env.json",
        "local.settings.json",
        ".password-store/mail.txt",
    ];
    for name in secret {
        assert!(is_secret_name(name), "{name}");
    }
    let open = [
        "secrets.rs",
        "src/secrets/mod.rs",
        "secrets/Makefile",
        "secretary.json",
        "notes~",
        "a.bak",
        "~",
        ".swp",
        "environment.ts",
        "cert.py",
        "tokens.rs",
        "token_types.json",
        "design-tokens.json",
        "password.py",
        "settings.xml",
        "hosts.yml",
        "history.md",
    ];
    for name in open {
        assert!(!is_secret_name(name), "{name}");
    }
}

/// A file that holds one value has no name beside it that would mask it, and of many programs only the name with a dot was known.
#[test]
fn d11_files_of_one_value_of_stages_and_of_further_programs_are_secret() {
    let one_value = ".secret .password .token token .age-key private_key.txt db_password.txt slack_token.txt mypasswords.txt vault_pass.txt \
        mnemonic.txt deploy/jwt-secret.txt openai_api_key.txt .github-token";
    let stages = "env.production env.prod env.local.vault .dev.vars.production .envs/.production/.django .envs/.local/.postgres .npmrc.ci";
    let programs = "client_secret_123.apps.googleusercontent.com.json ansible-vault.yml htpasswd passwd pgpass.conf my.cnf \
        .huggingface/token .kaggle/kaggle.json .openai .databrickscfg .dbt/profiles.yml .snowsql/config .clasprc.json .curlrc .wgetrc \
        .mailrc .pry_history rclone.conf sftp.json .idea/dataSources.local.xml .idea/workspace.xml wg0.conf cookies.txt wallet.dat \
        GoogleService-Info.plist etc/kubernetes/admin.conf .pem";
    for name in [one_value, stages, programs].iter().flat_map(|names| names.split_whitespace()) {
        assert!(is_secret_name(name), "{name}");
    }
    let open = "env.py env.d.ts env.rs src/env.js env_test.go environment.yml templates/reset_password.txt password_reset_email.txt \
        change_password.json added_tokens.json special_tokens_map.json public_key.txt primary_key.txt design_token.json config bin/openai \
        profiles.yml admin.conf wg.conf.md .editorconfig .gitignore .token.rs monkey.txt keys.rs token/mod.rs docs/token.md history \
        .prettierrc.json compass.txt vault.rs .coverage workspace.xml id_rsa.pub passwd.c key.rs";
    for name in open.split_whitespace() {
        assert!(!is_secret_name(name), "{name}");
    }
}

/// A copy that an editor or a person has put aside was known by its name alone, and of vim's second swap files the dot hid the name.
#[test]
fn d11_copies_of_what_is_secret_by_its_place_and_second_swap_files_are_secret() {
    for name in [
        ".m2/settings.xml~",
        "gh/hosts.yml.bak",
        ".idea/workspace.xml.old",
        ".id_rsa.swo",
        "gh/.hosts.yml.swp",
        ".m2/.settings.xml.swn",
        "secrets/.db.swp",
    ] {
        assert!(is_secret_name(name), "{name}");
    }
    for name in ["settings.xml~", "hosts.yml.bak", "a/workspace.xml.old", ".main.rs.swo", "secrets/readme.bak"] {
        assert!(!is_secret_name(name), "{name}");
    }
}

/// What is committed to say which variables there are was kept from every prompt.
#[test]
fn k12_a_template_of_an_environment_is_no_secret() {
    for name in [".env.example", ".env.sample", "app/.env.template", ".env.dist", ".env.local.example", ".env-example", "env.example"] {
        assert!(!is_secret_name(name), "{name}");
    }
    for name in [".env", ".env.local", ".env.production", ".env.examples", ".env.vault", ".envs/.local/example"] {
        assert!(is_secret_name(name), "{name}");
    }
    let drawn = format!("hK3mZ9qL{}", "x2Vb7Tn4");
    let masked = longsight::redact::mask(&format!("DB_HOST=db\nDB_PASSWORD={drawn}\nAPI_KEY=\n"));
    assert!(masked.contains("DB_HOST=db") && masked.contains("API_KEY=") && !masked.contains(&drawn), "{masked}");
}

/// Editors, file managers and tools put copies beside a file by themselves, and the names of most were not known.
#[test]
fn k12_copies_that_programs_make_of_secrets_are_secret() {
    let editors = "#.env# #id_rsa# .#.env #secrets.yml# #server.pem# #terraform.tfvars# server.pem.~2~ .secrets.yml.kate-swp ..env.kate-swp \
        secrets.yml___jb_tmp___ secrets.yml___jb_old___ .env.un~ .secrets.yml.un~ .~lock.secrets.csv# ._.env .id_rsa.kate-swp";
    let tools = "server.pem.1 server.pem.save.1 .env.save.1 .env.new .netrc.tmp id_rsa.part .env.rej .netrc.dpkg-old auth.json.rpmsave \
        secrets.yml,v .pgpass- passwd- server.pem.txt secrets.yml.txt .npmrc.mine secrets.yml.r12 wg0.conf.new .m2/settings.xml.new \
        secrets_LOCAL_812.yml .pgpass-20260101 .env.bak.old~ .syncthing..env.tmp";
    let people = [".env copy", ".env (1)", ".env - Copy", "Copy of secrets.yml", "id_rsa copy", "id_rsa copy 2", "secrets copy.yml"];
    let others =
        ["secrets (1).yml", "secrets - Copy (2).yml", "auth (copy).json", "vault - Kopie.yml", "Kopie von .env", ".netrc (another copy)"];
    let folders = [".ssh.bak/config", ".aws copy/notes", "dev/shm/pass.Xa81bQz90dKe2/mail-example.txt", ".Renviron", "a/.Renviron~"];
    let plain = [editors, tools].into_iter().flat_map(str::split_whitespace);
    for name in plain.chain(people).chain(others).chain(folders) {
        assert!(is_secret_name(name), "{name}");
    }
    let open = "#main.rs# main.rs.~1~ .main.rs.kate-swp main.rs___jb_tmp___ page.1 lib.so.6 CMakeLists.txt robots.txt notes-2.md .env.example~ \
        .#lib.rs v1.2.3 # ## #- - .1 1 (1) copy _old -old/a.rs pass.d/run.sh pass.c passes.txt mod.rs,v release-2026 .gitignore.orig \
        .env.example.bak config.new settings.xml.new secrets.rs.orig key.rs.txt";
    let spaced = ["main copy.rs", "notes (1).md", "Copy of a.py", "secrets copy.rs", "copy of ", " (1)", "Kopie von"];
    for name in open.split_whitespace().chain(spaced) {
        assert!(!is_secret_name(name), "{name}");
    }
}
