//! Checks the engines: whether the model is there and intact, whether it fits this machine, whether the endpoint answers, what the licence
//! requires.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::{Check, Status};
use crate::config::{self, Config, EngineConfig, EngineKind, KvType};
use crate::engine::llama::gguf::{self, Header};
use crate::engine::llama::place;
use crate::engine::{Caps, EngineError, ErrorKind, check, http};
use crate::models::{self, Machine, Model, Plan};
use crate::route::leaves_machine;

/// How long an endpoint may take to say what it is.
const ENDPOINT_WAIT: Duration = Duration::from_secs(10);

/// The machine to judge by: this one, or one that the user describes.
pub struct Judged {
    machine: Machine,
    described: bool,
}

impl Judged {
    /// This machine, or the one in the arguments.
    pub fn new(arguments: &super::Arguments) -> Self {
        let (bytes, here) = (|gigabytes: f64| (gigabytes.max(0.0) * 1e9) as u64, models::machine());
        let described = arguments.ram.is_some() || arguments.vram.is_some();
        let ram = arguments.ram.map(bytes);
        let machine = Machine {
            ram: ram.unwrap_or(here.ram),
            ram_free: ram.unwrap_or(here.ram_free),
            // A described machine has the described GPU, or none.
            vram: arguments.vram.map_or(if described { 0 } else { here.vram }, bytes),
        };
        Self { machine, described }
    }

    /// Bytes per second of main memory, if it can be measured.
    fn bandwidth(&self) -> Option<f64> {
        (!self.described).then(models::memory_bandwidth)
    }

    fn about(&self) -> String {
        let machine = &self.machine;
        if self.described {
            let gpu = if machine.vram == 0 { "no GPU".into() } else { format!("{} on GPUs", models::size(machine.vram)) };
            return format!("as described: {} memory, {gpu}", models::size(machine.ram));
        }
        let gpu = if machine.vram == 0 { "no GPU seen".into() } else { format!("{} on GPUs", models::size(machine.vram)) };
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        format!("{cores} cores, {} memory ({} free), {gpu}", models::size(machine.ram), models::size(machine.ram_free))
    }

    /// Whether a GPU can compute layers there.
    fn computes_on_gpu(&self) -> bool {
        self.machine.vram > 0 && (self.described || GPU_BUILD)
    }
}

/// Whether this build of longsight can use a GPU at all.
const GPU_BUILD: bool = cfg!(any(feature = "cuda", feature = "vulkan", feature = "metal"));

/// Checks of every configured engine, and of the default one if a role uses it.
pub fn checks(config: &Config, judged: &Judged) -> Vec<Check> {
    let mut engines: BTreeMap<String, EngineConfig> = config.engines.clone();
    if [&config.roles.scout, &config.roles.coder].into_iter().any(|role| !engines.contains_key(role)) {
        engines.entry(config::DEFAULT_ENGINE.into()).or_default();
    }
    let mut checks = vec![Check::ok("machine", judged.about())];
    if engines.values().any(|engine| engine.kind == EngineKind::Llama) {
        checks.extend(processor());
        checks.push(process());
    }
    let mut bandwidth = None;
    for (name, engine) in &engines {
        if engine.kind == EngineKind::Llama {
            let rate = *bandwidth.get_or_insert_with(|| judged.bandwidth());
            checks.extend(in_process(name, engine, judged, rate));
        } else {
            checks.extend(remote(name, engine, config.route.local_only));
            checks.extend(in_ollama(name, engine, judged, &mut bandwidth));
        }
        checks.extend(check::unknown(engine).into_iter().map(|finding| {
            let fix = format!("correct `{}` below [engines.{name}] in the configuration", finding.key);
            Check::new(Status::Error, format!("engine {name}, {}", finding.key), finding.message, fix)
        }));
        checks.extend(licence(name, engine));
    }
    checks.into_iter().map(|check| Check { name: on_a_line(&check.name), detail: on_a_line(&check.detail), ..check }).collect()
}

/// A text on one line: a name from a server or a file must not start a new line.
fn on_a_line(text: &str) -> String {
    text.replace('\n', "<U+000A>").replace('\r', "<U+000D>")
}

/// Reports instructions that the embedded engine is built with and this processor lacks: the engine process would crash on them.
fn processor() -> Option<Check> {
    #[cfg(target_arch = "x86_64")]
    {
        let needed = [
            ("AVX2", is_x86_feature_detected!("avx2")),
            ("FMA", is_x86_feature_detected!("fma")),
            ("F16C", is_x86_feature_detected!("f16c")),
            ("BMI2", is_x86_feature_detected!("bmi2")),
        ];
        let lacks: Vec<_> = needed.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
        if !lacks.is_empty() {
            let detail = format!("this processor has no {}, with which the embedded engine is built", lacks.join(", "));
            let fix = "use a server: longsight models profile ollama";
            return Some(Check::new(Status::Error, "processor", detail, fix));
        }
    }
    None
}

/// Checks the place where the engine process and its clients meet.
fn process() -> Check {
    use std::os::unix::fs::FileTypeExt;
    let fix = "set LONGSIGHT_SOCKET to a short path in a folder of your own";
    let socket = match place::socket() {
        Ok(socket) => socket,
        Err(error) => return Check::new(Status::Error, "engine process", error.to_string(), fix),
    };
    if std::fs::symlink_metadata(&socket).is_ok_and(|found| !found.file_type().is_socket()) {
        let detail = format!("{} is in the way of its socket", socket.display());
        return Check::new(Status::Error, "engine process", detail, format!("rm {}, or {fix}", socket.display()));
    }
    let state = if std::os::unix::net::UnixStream::connect(&socket).is_ok() { "runs" } else { "starts when it is needed" };
    Check::ok("engine process", format!("{state}; its socket is {}", socket.display()))
}

fn in_process(name: &str, engine: &EngineConfig, judged: &Judged, bandwidth: Option<f64>) -> Vec<Check> {
    let title = format!("engine {name}");
    let path = match models::locate(&engine.model) {
        Ok(path) => path,
        Err(error) => {
            let known = known(&engine.model);
            let fix = match &known {
                Some(model) if error.missing && model.pullable().is_some() => format!("longsight models pull {}", engine.model),
                Some(model) => format!("fetch it from {}, then name its path as `model`", model.hub.as_deref().unwrap_or("its publisher")),
                None => "correct `model` in the configuration".into(),
            };
            let mut checks = vec![Check::new(Status::Error, &title, error.to_string(), fix)];
            // Whether it would fit can be told before a download, by its name or its file's.
            for (model, file) in known.iter().flat_map(|model| model.files.iter().map(move |file| (model, file))) {
                let plan = check::plan_of_entry(model, file.bytes, engine);
                let plan = if judged.computes_on_gpu() { plan } else { Plan { gpu_share: 0.0, ..plan } };
                checks.push(placed(&format!("{title}, {}", file.quantisation), &plan, model.context, judged, bandwidth, Status::Info));
            }
            return checks;
        }
    };
    match gguf::read_header(&path) {
        Ok(header) => {
            let plan = check::plan_of_file(&header, engine);
            let mut checks = vec![Check::ok(&title, format!("{} ({})", described(&header), path.display()))];
            let without = no_gpu(&title, &plan, judged);
            let plan = if without.is_some() { Plan { gpu_share: 0.0, ..plan } } else { plan };
            checks.extend(without);
            checks.extend(unknown_template(&title, engine, &header));
            checks.push(placed(&format!("{title}, memory"), &plan, header.context_length(), judged, bandwidth, Status::Error));
            checks
        }
        Err(error) => vec![Check::new(Status::Error, title, error.to_string(), refetch(&engine.model, &path))],
    }
}

/// A warning for a model with an unknown chat template.
fn unknown_template(title: &str, engine: &EngineConfig, header: &Header) -> Option<Check> {
    let detail = check::unknown_template(engine, header)?;
    let fix = "behind a server that renders its template: kind = \"openai\" and a `base_url`, e.g. of llama-server --jinja; or `dialect`";
    Some(Check::new(Status::Warning, format!("{title}, chat template"), detail, fix))
}

/// A warning for layers on a GPU if there is none: llama.cpp computes them on the CPU, and the plan assumes that.
fn no_gpu(title: &str, plan: &Plan, judged: &Judged) -> Option<Check> {
    if plan.gpu_share == 0.0 || judged.computes_on_gpu() {
        return None;
    }
    let seen = GPU_BUILD || judged.described;
    let why = if seen { "there is no GPU" } else { "this longsight was built without GPU support" };
    let fix =
        if seen { "fix the driver, or remove `gpu_layers`" } else { "build with --features cuda, vulkan or metal, or remove `gpu_layers`" };
    Some(Check::new(Status::Warning, format!("{title}, GPU"), format!("`gpu_layers` is set, but {why}: the processor does the work"), fix))
}

fn refetch(model: &str, path: &Path) -> String {
    match models::find(model) {
        Some(_) => format!("rm {} && longsight models pull {model}", path.display()),
        None => "fetch the file again, or name another one as `model`".into(),
    }
}

fn described(header: &Header) -> String {
    format!(
        "{}, {} layers, {}, trained for {} tokens",
        header.name(),
        header.layers(),
        models::size(header.weight_bytes()),
        header.context_length()
    )
}

/// Whether a plan fits, with the numbers. `otherwise` is the status if it does not.
fn placed(title: &str, plan: &Plan, trained: u64, judged: &Judged, bandwidth: Option<f64>, otherwise: Status) -> Check {
    // A described machine has no measured bandwidth; two channels of DDR5 give about 60 GB/s.
    let (rate, of) = bandwidth.map_or((60e9, "60 GB/s of memory bandwidth"), |measured| (measured, "memory bandwidth"));
    let ceiling = match models::decode_ceiling(plan, rate) {
        Some(rate) if rate < 10.0 => format!("at most {rate:.1} tokens/s from {of}"),
        Some(rate) => format!("at most {rate:.0} tokens/s from {of}"),
        None => "all of it on the GPU, whose bandwidth is the limit".into(),
    };
    let detail = format!("{}; {ceiling}", check::needs(plan, trained, &judged.machine));
    if !models::fit(plan, &judged.machine).fits {
        return Check::new(otherwise, title, format!("does not fit: {detail}"), remedies(plan));
    }
    if plan.context > trained && trained > 0 {
        return Check::new(
            Status::Warning,
            title,
            format!("context is longer than the model was trained for: {detail}"),
            format!("context = {trained}"),
        );
    }
    Check::ok(title, detail)
}

/// What would make a plan smaller, apart from what it already does.
fn remedies(plan: &Plan) -> String {
    let all = [
        (true, "a smaller quantisation"),
        (true, "less `context`"),
        (plan.kv_type == KvType::F16, "`kv_type = \"q8_0\"`"),
        (plan.expert_share > 0.0 && !plan.experts_in_ram, "`gpu_layers` with `cpu_moe = true`"),
    ];
    let left: Vec<&str> = all.into_iter().filter_map(|(helps, what)| helps.then_some(what)).collect();
    format!("use {}, or a server", left.join(", "))
}

/// Whether a model that Ollama runs on this machine fits, in the quantisation that Ollama fetches, if the catalogue knows it.
fn in_ollama(name: &str, engine: &EngineConfig, judged: &Judged, bandwidth: &mut Option<Option<f64>>) -> Option<Check> {
    let origin = http::build(name, engine).ok().filter(|_| engine.kind == EngineKind::Ollama)?.origin();
    if leaves_machine(origin.as_deref(), &engine.model) {
        return None;
    }
    let model = known(&engine.model)?;
    let file = model.files.iter().find(|file| file.quantisation.starts_with("Q4"))?;
    let plan = check::plan_of_entry(&model, file.bytes, engine);
    // Ollama puts as much on GPUs as they hold.
    let gpu_share = (judged.machine.vram as f64 / file.bytes as f64).min(1.0);
    let rate = *bandwidth.get_or_insert_with(|| judged.bandwidth());
    let title = format!("engine {name}, {}", file.quantisation);
    // The type of its cache is the server's own setting.
    let plan = Plan { gpu_share, kv_type: KvType::default(), ..plan };
    let check = placed(&title, &plan, model.context, judged, rate, Status::Warning);
    let fix = "use a smaller model or tag, less `context`, or an Ollama on another machine";
    Some(if models::fit(&plan, &judged.machine).fits { check } else { Check { fix: fix.into(), ..check } })
}

fn remote(name: &str, engine: &EngineConfig, local_only: bool) -> Vec<Check> {
    let title = format!("engine {name}");
    let built = match http::build(name, engine) {
        Ok(built) => built,
        Err(error) => {
            return vec![Check::new(Status::Error, title, error.to_string(), format!("correct [engines.{name}] in the configuration"))];
        }
    };
    let origin = built.origin().unwrap_or_default();
    let is_remote = leaves_machine(Some(&origin), &engine.model);
    if local_only && is_remote {
        let detail = format!("{origin} is another machine and `route.local_only` is on: it is not used, and was not asked");
        let fix = "switch `local_only` off, or choose another engine for the role";
        return vec![Check::new(Status::Warning, title, detail, fix)];
    }
    if engine.kind == EngineKind::DeepSeek && is_remote && !has_key_source(engine) {
        let fix = format!("export DEEPSEEK_API_KEY=…, and put api_key_env = \"DEEPSEEK_API_KEY\" below [engines.{name}]");
        return vec![Check::new(Status::Error, title, format!("{origin} answers nobody without a key, and none is configured"), fix)];
    }
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return vec![] };
    let asked = runtime.block_on(async { tokio::time::timeout(ENDPOINT_WAIT, built.caps()).await });
    vec![match asked {
        Ok(Ok(caps)) => answered(name, engine, &title, &origin, &caps),
        Ok(Err(error)) => failed(name, engine, &title, &origin, &error),
        Err(_) => {
            let detail = format!("{origin} did not answer within {} s", ENDPOINT_WAIT.as_secs());
            Check::new(Status::Error, &title, detail, "is the server up, and is a proxy in between?")
        }
    }]
}

/// What a server that answered can do, and whether it serves the configured model.
fn answered(name: &str, engine: &EngineConfig, title: &str, origin: &str, caps: &Caps) -> Check {
    if !caps.others.is_empty() {
        let detail = format!("{origin} answers, but lists {} and not {}", caps.others.join(", "), engine.model);
        return Check::new(Status::Warning, title, detail, format!("set `model` of [engines.{name}] to one that it serves"));
    }
    let served = caps.served.as_deref().unwrap_or(&engine.model);
    if !caps.fim && !caps.chat {
        let detail = format!("{origin} answers for {served}, which neither chats nor fills holes, so it cannot be used");
        return Check::new(Status::Error, title, detail, format!("set `model` of [engines.{name}] to one that chats"));
    }
    let abilities = [("fill in the middle", caps.fim), ("chat", caps.chat), ("tools", caps.tools)];
    let can: Vec<&str> = abilities.into_iter().filter_map(|(what, able)| able.then_some(what)).collect();
    let window = match (engine.context, caps.any_window) {
        (Some(context), _) if context == caps.context => format!("{context} tokens of context, as configured"),
        (_, true) if caps.unsaid.is_none() => format!("{} tokens of context, which is assumed: it does not say", caps.context),
        _ => format!("{} tokens of context", caps.context),
    };
    let without = if caps.tools { "" } else { "; it calls no tools: edits are asked for as code" };
    let what = format!("{}; {window}{without}", can.join(", "));
    if let Some(why) = &caps.unsaid {
        let detail = format!("{}. What it serves is unknown; assumed: {what}", why.trim_end_matches(['.', '?']));
        let fix =
            format!("check `base_url` and `model` of [engines.{name}], and ask something: longsight ask; set `context` to its window");
        return Check::new(Status::Warning, title, detail, fix);
    }
    if engine.kind == EngineKind::DeepSeek {
        let detail = format!("{origin} was not asked, since its API says nothing about its models; {served} is known for {what}");
        return Check::new(Status::Info, title, detail, "");
    }
    let detail = format!("{origin} answers for {served}: {what}");
    if !http::is_other_model(&engine.model, served) {
        return Check::ok(title, detail);
    }
    let detail = format!("{detail}; the configuration names {}", engine.model);
    let fix = format!("set `model` of [engines.{name}] to what is meant to serve, or start the server with that model");
    Check::new(Status::Warning, title, detail, fix)
}

/// Whether the configuration says where the key comes from.
fn has_key_source(engine: &EngineConfig) -> bool {
    engine.api_key_env.is_some() || engine.api_key_command.is_some() || engine.api_key_keyring.is_some()
}

/// The error of a server that does not serve, or why it could not be asked, and what to do.
fn failed(name: &str, engine: &EngineConfig, title: &str, origin: &str, error: &EngineError) -> Check {
    let (said, key) = (error.to_string(), error.kind == ErrorKind::Configuration);
    let unset = engine.api_key_env.as_deref().filter(|variable| key && std::env::var_os(variable).is_none());
    let fix = match (unset, error.refusal.as_ref().map(|refusal| refusal.status)) {
        (Some(variable), _) if http::is_variable(variable) => {
            format!("export {variable}=…, or remove `api_key_env` if the server needs no key")
        }
        (Some(_), _) => format!("put the key into an environment variable, and the name of that into `api_key_env` of [engines.{name}]"),
        (None, Some(401 | 403)) if !has_key_source(engine) => {
            format!("name where its key comes from: `api_key_env` or `api_key_command` of [engines.{name}]")
        }
        (None, Some(401 | 403)) => format!("correct the key of [engines.{name}]"),
        (None, Some(404)) if engine.kind == EngineKind::Ollama => format!("ollama pull {}", engine.model),
        (None, Some(_)) => "correct `base_url` and `model`".into(),
        (None, None) if said.contains("certificate") => "make this system trust the certificate, or correct `base_url`".into(),
        (None, None) if said.contains("unencrypted") => format!("write `base_url` of [engines.{name}] with https"),
        (None, None) if key && has_key_source(engine) => format!("correct where the key of [engines.{name}] comes from"),
        (None, None) if engine.kind == EngineKind::Ollama => "start it with `ollama serve`, or correct `base_url`".into(),
        (None, None) => "start the server, or correct `base_url`".into(),
    };
    let detail = if said.contains(origin) { said } else { format!("{origin}: {said}") };
    Check::new(Status::Error, title, detail, fix)
}

/// The licence of a known model, whatever its name on the server.
fn licence(name: &str, engine: &EngineConfig) -> Option<Check> {
    let known = known(&engine.model)?;
    let detail = format!("{}, {}: {}", known.title, known.licence.name, known.licence.asks);
    Some(Check::new(Status::Info, format!("licence of {name}"), detail, ""))
}

/// The catalogue's model for a name, a server's name or a file name.
fn known(named: &str) -> Option<Model> {
    let asked = named.to_lowercase();
    models::catalogue().into_iter().find(|model| {
        let family = if model.name == "llama-4-scout" { "scout" } else { model.name.as_str() };
        let in_ollama = model.ollama.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(&asked));
        asked == model.name || in_ollama || asked.contains(family)
    })
}
