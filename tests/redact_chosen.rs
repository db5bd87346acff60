//! Passwords that people choose, where only a name or a command tells them from any word; and what stands there and is none.

use longsight::redact;

/// Asserts that nothing of these values is left in the text, and that masking is stable.
fn gone(text: &str, values: &[&str]) {
    let masked = redact::mask(text);
    assert!(values.iter().all(|value| !masked.contains(value)) && masked.contains("<redacted "), "{text} → {masked}");
    assert_eq!(masked.lines().count(), text.lines().count(), "{text} → {masked}");
    assert_eq!(redact::mask(&masked), masked, "masking twice changes nothing");
}

/// Only values of eight bytes that look drawn were masked behind the name of a password.
#[test]
fn k13_short_passwords_of_a_word_and_a_digit_are_masked() {
    for form in [
        "password = \"ONE\"",
        "String password = \"ONE\";",
        "const PASSWORD: &str = \"ONE\";",
        "password := `ONE`",
        "$password = 'ONE';",
        "password = b\"ONE\"",
        "password = (\n    \"ONE\"\n)",
        "{\"username\": \"me\", \"password\": \"ONE\"}",
        "'password' => 'ONE',",
        "cfg := Config{Password: \"ONE\", User: \"x\"}",
        "#define DB_PASSWORD \"ONE\"",
        "connect(user=\"u\", passwd=\"ONE\")",
        "props.setProperty(\"db.password\", \"ONE\");",
        "os.environ[\"DB_PASSWORD\"] = \"ONE\"",
        "getenv(\"DB_PASSWORD\", \"ONE\")",
        "process.env.DB_PASSWORD || 'ONE'",
        "password = 'ONE' if debug else os.environ['PW']",
        "if password == \"ONE\":",
        "if (password.equals(\"ONE\"))",
        "user.setPassword(\"ONE\");",
        "CREATE ROLE x LOGIN PASSWORD 'ONE';",
        "(setq password \"ONE\")",
        "\"source\": [\"password = \\\"ONE\\\"\\n\"]",
        "export DB_PASSWORD=\"ONE\"",
        "export DB_PASS=ONE",
        "PGPASSWORD=ONE psql -h db",
        "docker run -e POSTGRES_PASSWORD=ONE postgres",
        "ENV DB_PASS ONE",
        "setx DB_PASSWORD ONE",
        "$env:DB_PASSWORD = \"ONE\"",
        "DB_PASSWORD ?= ONE\n",
        "DB_PASSWORD=\"${DB_PASSWORD:-ONE}\"",
        "wget --user=me --password=ONE https://x",
        "tool --password 'ONE' run",
        "java -Djavax.net.ssl.keyStorePassword=ONE -jar x",
        "keytool -storepass ONE -list",
        "ansible_ssh_pass=ONE\n",
        "host ansible_user=x ansible_password=ONE",
        "%prod.quarkus.datasource.password=ONE",
        "[pypi]\nusername = __token__\npassword = ONE\n",
        "password: ONE\nuser: root\n",
        "password: !!str ONE\nuser: root\n",
        "# password: ONE",
        "// password is ONE",
        "<password>ONE</password>",
        "<property name=\"password\" value=\"ONE\"/>",
        "- name: DB_PASSWORD\n  value: ONE\n",
        "{\"name\": \"DB_PASSWORD\", \"value\": \"ONE\"}",
        "c = \"Server=db;User Id=sa;Password=ONE;\"",
        "<add name=\"x\" connectionString=\"Server=a;Pwd=ONE\" />",
        "u = \"jdbc:mysql://h/db?user=x&password=ONE&ssl=true\"",
        "dsn = \"host=localhost user=postgres password=ONE dbname=x\"",
        "psycopg2.connect(\"dbname=x user=y password='ONE'\")",
        "curl -F password=ONE https://x",
    ] {
        for value in ["hunter2", "p@ssw0rt"] {
            gone(&form.replace("ONE", value), &[value]);
        }
    }
    gone("password = \"hT7$x\"", &["hT7$x"]);
}

/// Of signs between words, a value passed for a path or a name behind `token` and `secret`.
#[test]
fn k13_secrets_with_signs_between_words_are_masked() {
    let value = "p@ss-w0rd!x";
    for form in [
        "os.environ.setdefault(\"API_TOKEN\", \"ONE\")",
        "API_TOKEN = b\"ONE\"",
        "API_TOKEN=ONE\n",
        "\"client_secret\": \"ONE\",",
        "client_secret = 'ONE'",
        "{\"token\": \"ONE\"}",
        "$Env:API_TOKEN='ONE'",
        "\"import os\\n\", \"os.environ['API_KEY'] = \\\"ONE\\\"\\n\"",
    ] {
        gone(&form.replace("ONE", value), &[value]);
    }
}

/// Where the name says that it is a password, nothing else is expected but a placeholder.
#[test]
fn k13_passwords_of_letters_digits_or_words_alone_are_masked() {
    for (text, value) in [
        ("password = \"correcthorse\"", "correct"),
        ("export PGPASSWORD='letmein'", "letmein"),
        ("spring.datasource.password=correcthorse\n", "correct"),
        ("[db]\npassword = swordfish\n", "swordfish"),
        ("password: swordfish\nuser: root\n", "swordfish"),
        ("c = \"Server=db;User Id=sa;Password=swordfish;\"", "swordfish"),
        ("<password>swordfish</password>", "swordfish"),
        ("passwd: \"123456\"", "123456"),
        ("password = \"correct horse battery staple\"", "horse"),
    ] {
        gone(text, &[value]);
    }
}

#[test]
fn k13_passwords_given_to_calls_and_commands_are_masked() {
    for form in [
        "requests.get(url, auth=(\"admin\", \"ONE\"))",
        "requests.get(url, auth=HTTPBasicAuth(\"u\", \"ONE\"))",
        "smtp.login(\"me@example.com\", \"ONE\")",
        "mysqli_connect(\"localhost\", \"root\", \"ONE\", \"db\")",
        "MySQLdb.connect(\"localhost\",\"root\",\"ONE\",\"db\")",
        "new PDO(\"mysql:host=h\", \"root\", \"ONE\")",
        "new NetworkCredential(\"admin\", \"ONE\")",
        "new PasswordAuthentication(\"admin\", \"ONE\".toCharArray())",
        "bcrypt.hashpw(b\"ONE\", salt)",
        "driver.find_element(By.NAME, \"password\").send_keys(\"ONE\")",
        "page.getByLabel('Password').fill('ONE')",
        "fill_in \"Password\", with: \"ONE\"",
        "echo ONE | sudo -S ls",
        "echo \"ONE\" | passwd --stdin root",
        "useradd -p ONE bob",
        "lftp -u me,ONE host",
        "snmpwalk -v3 -A ONE host",
        "smbclient -U me%ONE //h/s",
        "net use \\\\srv\\share ONE /user:me",
        "mongo -u root -p ONE --authenticationDatabase admin",
        "sqlplus scott/ONE@db",
        "u = \"jdbc:oracle:thin:scott/ONE@//db:1521/x\"",
        "ConvertTo-SecureString 'ONE' -AsPlainText -Force",
    ] {
        gone(&form.replace("ONE", "hunter2!x"), &["hunter2"]);
    }
    let hex = "8b1c4e7a2b8d3056e1f4a7c2b9d80361";
    gone(&format!("twilio = Client(\"AC{hex}\", \"{hex}\")"), &[&format!("\"{hex}\"")]);
    gone(&format!("Cookie: theme=dark; sessionid={hex}"), &[hex]);
}

/// `pass` alone may be one of several passes; beside a user it is none.
#[test]
fn k13_a_pass_beside_a_user_is_masked() {
    for form in [
        "\"smtp\": {\"user\": \"me\", \"pass\": \"ONE\"}",
        "auth: { user: \"me@example.com\", pass: \"ONE\" }",
        "const char* ssid = \"home\";\nconst char* pass = \"ONE\";",
        "passcode = \"ONE\"",
        "DB_PSWD=ONE\n",
    ] {
        gone(&form.replace("ONE", "hunter2x"), &["hunter2"]);
    }
    let key = format!("wJalrXUtnFEMI/K7MDENG/{}", "bPxRfiCYEXAMPLEKEY");
    gone(&format!("/* aws_secret_access_key {key} */"), &[&key]);
}

/// The names and values of one assignment were looked for in one line.
#[test]
fn k13_names_and_values_over_several_lines_are_paired() {
    for text in [
        "user, password = (\n    \"root\",\n    \"S3cr3t!pw\",\n)\n",
        "const [user, password] = [\n  \"root\",\n  \"S3cr3t!pw\",\n];\n",
        "(\n    user,\n    password,\n) = (\n    \"root\",\n    \"S3cr3t!pw\",\n)\n",
        "user, password = \\\n    \"root\", \"S3cr3t!pw\"\n",
        "(user, password) = (\"root\", \"S3cr3t!pw\")",
    ] {
        gone(text, &["S3cr3t"]);
        assert!(redact::mask(text).contains("\"root\""), "{text}");
    }
    for text in
        ["f(\n    user,\n    password,\n)\nx = (\"root2\", \"page3\")\n", "user, password = (\n    load(\"a1b2\"),\n    other,\n)\n"]
    {
        assert_eq!(redact::mask(text), text);
    }
}

/// What a program puts together from several strings, with its own words between them.
#[test]
fn k13_a_private_key_in_pieces_of_a_program_is_masked() {
    let row = "MIIEpAIBAAKCAQEA0gvcHxK3mZ9qLx2Vb7Tn4Wd8Rj5Gs1Yc6Fp0EabcMIIEpAIB";
    let begin = format!("-----BEGIN {}-----", "PRIVATE KEY");
    for text in [
        format!("k = \"{begin}\" & vbCrLf & _\n  \"{row}\" & vbCrLf & _\n  \"{row}\"\n"),
        format!("k = \"{begin}\\r\\n\"\nk += \"{row}\\r\\n\"\nk += \"{row}\\r\\n\"\n"),
    ] {
        gone(&text, &[row]);
    }
}

/// Labels, placeholders, types, templates, places and members, in many languages.
#[test]
fn k13_what_stands_for_a_password_and_is_none_is_left_alone() {
    for line in [
        "password = \"changeme\"",
        "password: \"Password\"",
        "\"password\": \"Passwort eingeben\"",
        "password = \"your-password-here\"",
        "password: 'Mot de passe'",
        "\"password\": \"Lösenord\"",
        "\"password\": \"The two values do not match.\"",
        "password: \"must have at least 8 characters\"",
        "\"password\": \"required|min:8\"",
        "{ \"password\": \"string\" }",
        "password: \"string\",",
        "password = \"\"",
        "password = \"***\"",
        "password = \"<password>\"",
        "password = \"{{ vault_db }}\"",
        "password = \"${DB_PW1}\"",
        "password = \"%(pw1)s\"",
        "password = \"@string/pw1\"",
        "password = \"#login-field-2\"",
        "password = \"/run/secrets/db1\"",
        "password = settings.db1",
        "password = request.form[\"field1\"]",
        "password = password.encode(\"latin1\")",
        "password = hashlib.sha256(x).hexdigest()",
        "password = input2",
        "self.password=other1",
        "let password = read(\"pw1\");",
        "connect(user=user1, password=pw1)",
        "sensitive_variables(\"password1\", \"password2\")",
        "<tr><th>Password2:</th><td><ul class=\"errorlist\"><li>This field is required.</li></ul>",
        "'<div>Password: <div class=\"helptext\">Pick one.</div>'",
        "PASSWORD=$OTHER1",
        "DB_PASSWORD=password",
        "export PASSWORD=true",
        "tool --password file.txt",
        "passwd:         files\ngroup:          files\n",
        "render_pass = \"shadow2\"",
        "pass: \"mem2reg\"",
        "client.login(user, page)",
        "auth=(\"user\", \"pass\")",
        "mysqli_connect(\"localhost\", \"root\", \"password\", \"db\")",
        "Cookie: theme=dark; lang=en",
        "secret = \"me@example.com\"",
        "token = \"?page=1&size=20\"",
    ] {
        assert_eq!(redact::mask(line), line);
    }
}
