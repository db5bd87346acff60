//! Doctor's look at the engines: is the model there and whole, does it fit this machine, does the endpoint answer, what does the
//! licence ask.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::{Check, Status};
use crate::config::{self, Config, EngineConfig};
use crate::engine::llama::gguf::{self, Header};
use crate::engine::llama::place;
use crate::engine::{check, http};
use crate::models::{self, Machine, Plan};
use crate::route::leaves_machine;

/// How long an endpoint may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// Checks of every engine that is configured, and of the default one where a role uses it.
pub fn checks(config: &Config) -> Vec<Check> {
    let mut engines: BTreeMap<String, EngineConfig> = config.engines.clone();
    if [&config.roles.scout, &config.roles.coder].into_iter().any(|role| !engines.contains_key(role)) {
        engines.entry(config::DEFAULT_ENGINE.into()).or_default();
    }
    let machine = models::machine();
    let mut checks = vec![Check::ok("machine", about(&machine))];
    if engines.values().any(|engine| engine.kind == "llama") {
        checks.extend(processor());
        checks.push(process());
    }
    let mut bandwidth = None;
    for (name, engine) in &engines {
        if engine.kind == "llama" {
            let rate = *bandwidth.get_or_insert_with(models::memory_bandwidth);
            checks.extend(in_process(name, engine, &machine, rate));
        } else {
            checks.extend(remote(name, engine, config.route.local_only));
        }
        checks.extend(licence(name, engine));
    }
    checks
}

fn about(machine: &Machine) -> String {
    let gpu = if machine.vram == 0 { "no GPU seen".into() } else { format!("{} on GPUs", models::size(machine.vram)) };
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    format!("{cores} cores, {} memory ({} free), {gpu}", models::size(machine.ram), models::size(machine.ram_free))
}

/// What the embedded engine's kernels are built with, where this processor lacks it: the engine process would die of it.
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

/// Where the engine process and its clients meet.
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

fn in_process(name: &str, engine: &EngineConfig, machine: &Machine, bandwidth: f64) -> Vec<Check> {
    let title = format!("engine {name}");
    let path = match models::locate(&engine.model) {
        Ok(path) => path,
        Err(error) => {
            let fix = if error.missing {
                format!("longsight models pull {}", engine.model)
            } else {
                "correct `model` in the configuration".into()
            };
            let mut checks = vec![Check::new(Status::Error, &title, error.to_string(), fix)];
            // Whether it would fit is known before it is downloaded.
            if let Some(model) = models::find(&engine.model) {
                checks.extend(model.files.iter().map(|file| {
                    let plan = check::plan_of_entry(&model, file.bytes, engine);
                    placed(&format!("{title}, {}", file.quantisation), &plan, model.context, machine, bandwidth, Status::Info)
                }));
            }
            return checks;
        }
    };
    match gguf::read_header(&path) {
        Ok(header) => {
            let plan = check::plan_of_file(&header, engine);
            let mut checks = vec![Check::ok(&title, format!("{} ({})", described(&header), path.display()))];
            let without = no_gpu(&title, &plan, machine);
            let plan = if without.is_some() { Plan { gpu_share: 0.0, ..plan } } else { plan };
            checks.extend(without);
            checks.push(placed(&format!("{title}, memory"), &plan, header.context_length(), machine, bandwidth, Status::Error));
            checks
        }
        Err(error) => vec![Check::new(Status::Error, title, error.to_string(), refetch(&engine.model, &path))],
    }
}

/// Layers for a GPU where there is none: llama.cpp computes them on the processor, so the plan goes on without it.
fn no_gpu(title: &str, plan: &Plan, machine: &Machine) -> Option<Check> {
    let built = cfg!(any(feature = "cuda", feature = "vulkan", feature = "metal"));
    if plan.gpu_share == 0.0 || machine.vram > 0 && built {
        return None;
    }
    let why = if built { "no GPU is seen" } else { "this longsight was built without GPU support" };
    let fix = if built {
        "correct the driver, or take `gpu_layers` out"
    } else {
        "build with --features cuda, vulkan or metal, or take `gpu_layers` out"
    };
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

/// Whether a plan fits, with the numbers. `otherwise` is the status when it does not.
fn placed(title: &str, plan: &Plan, trained: u64, machine: &Machine, bandwidth: f64, otherwise: Status) -> Check {
    let ceiling = match models::decode_ceiling(plan, bandwidth) {
        Some(rate) if rate < 10.0 => format!("at most {rate:.1} tokens/s from memory bandwidth"),
        Some(rate) => format!("at most {rate:.0} tokens/s from memory bandwidth"),
        None => "all of it on the GPU, whose bandwidth is the limit".into(),
    };
    let detail = format!("{}; {ceiling}", check::needs(plan, trained, machine));
    if !models::fit(plan, machine).fits {
        let fix = "use a smaller quantisation, less `context`, `kv_type = \"q8_0\"`, `gpu_layers` with `cpu_moe = true`, or a server";
        return Check::new(otherwise, title, format!("does not fit: {detail}"), fix);
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

fn remote(name: &str, engine: &EngineConfig, local_only: bool) -> Vec<Check> {
    let title = format!("engine {name}");
    let built = match http::build(name, engine) {
        Ok(built) => built,
        Err(error) => {
            return vec![Check::new(Status::Error, title, error.to_string(), format!("correct [engines.{name}] in the configuration"))];
        }
    };
    let origin = built.origin().unwrap_or_default();
    if local_only && leaves_machine(Some(&origin), &engine.model) {
        let detail = format!("{origin} is another machine and `route.local_only` is on: it is not used, and was not asked");
        let fix = "switch `local_only` off, or choose another engine for the role";
        return vec![Check::new(Status::Warning, title, detail, fix)];
    }
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return vec![] };
    let asked = runtime.block_on(async { tokio::time::timeout(PATIENCE, built.caps()).await });
    match asked {
        Ok(Ok(caps)) => {
            let can: Vec<_> = [("fill in the middle", caps.fim), ("chat", caps.chat), ("tools", caps.tools)]
                .into_iter()
                .filter_map(|(what, able)| able.then_some(what))
                .collect();
            let served = caps.served.as_deref().unwrap_or(&engine.model);
            let detail = format!("{origin} answers for {served}: {}; {} tokens of context", can.join(", "), caps.context);
            match http::is_other_model(&engine.model, served) {
                true => {
                    let detail = format!("{detail}; the configuration names {}", engine.model);
                    let fix = format!("set `model` of [engines.{name}] to what is meant to serve, or start the server with that model");
                    vec![Check::new(Status::Warning, &title, detail, fix)]
                }
                false => vec![Check::ok(&title, detail)],
            }
        }
        Ok(Err(error)) => vec![Check::new(
            Status::Error,
            &title,
            format!("{origin}: {error}"),
            "start the server, or correct `base_url`, `model` and the key",
        )],
        Err(_) => {
            let detail = format!("{origin} did not answer within {} s", PATIENCE.as_secs());
            vec![Check::new(Status::Error, &title, detail, "is the server up, and is a proxy in between?")]
        }
    }
}

/// The licence of a model that we know, under whatever name it is served.
fn licence(name: &str, engine: &EngineConfig) -> Option<Check> {
    let asked = engine.model.to_lowercase();
    let known = models::catalogue().into_iter().find(|model| {
        let family = if model.name == "llama-4-scout" { "scout" } else { model.name.as_str() };
        asked == model.name || model.ollama.as_deref() == Some(asked.as_str()) || asked.contains(family)
    })?;
    let detail = format!("{}, {}: {}", known.title, known.licence.name, known.licence.asks);
    Some(Check::new(Status::Info, format!("licence of {name}"), detail, ""))
}
