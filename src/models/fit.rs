//! Whether a model fits this machine: weights, expert offload, KV cache per token, largest context, highest decode rate. Only arithmetic on
//! numbers from a GGUF header or the catalogue, so it works before anything is downloaded.

use std::process::{Command, Stdio};
use std::time::Instant;

use serde::Serialize;

use crate::config::KvType;

/// The machine's memory, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Machine {
    pub ram: u64,
    /// What other programs currently leave of it.
    pub ram_free: u64,
    /// Of all GPUs together; 0 if no GPU can be queried.
    pub vram: u64,
}

/// A model to load, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Bytes of all weights.
    pub weights: u64,
    /// Share of the weights that are routed experts.
    pub expert_share: f64,
    /// The share of the parameters that are active for one token.
    pub active_share: f64,
    /// Bytes of KV cache per token at f16.
    pub kv_bytes_per_token: u64,
    /// Its number format.
    pub kv_type: KvType,
    /// Context in tokens.
    pub context: u64,
    /// The share of the layers on the GPU.
    pub gpu_share: f64,
    /// Routed experts stay in main memory.
    pub experts_in_ram: bool,
}

/// Whether and how a plan fits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    pub fits: bool,
    /// Bytes needed in main memory and on the GPU, KV cache included.
    pub ram: u64,
    pub vram: u64,
    pub kv_bytes_per_token: u64,
    /// The longest context that fits, in tokens; 0 if not even the weights fit.
    pub largest_context: u64,
}

/// Room for compute buffers and the rest of the system, in bytes.
const HEADROOM: u64 = 600_000_000;

/// Places a plan on a machine. The KV cache is where its layers are.
pub fn fit(plan: &Plan, machine: &Machine) -> Fit {
    let kv = (plan.kv_bytes_per_token as f64 * kv_factor(plan.kv_type)) as u64;
    let experts = plan.weights as f64 * plan.expert_share;
    let rest = plan.weights as f64 - experts;
    let on_gpu = rest * plan.gpu_share + if plan.experts_in_ram { 0.0 } else { experts * plan.gpu_share };
    let in_ram = plan.weights as f64 - on_gpu;
    let kv_gpu = kv as f64 * plan.gpu_share;
    let kv_ram = kv as f64 - kv_gpu;
    let room = |total: u64, used: f64, per_token: f64| match (total as f64 - used - HEADROOM as f64, per_token) {
        (left, _) if left < 0.0 && used > 0.0 => 0.0,
        (_, 0.0) => f64::INFINITY,
        (left, per_token) => (left / per_token).max(0.0),
    };
    let largest = room(machine.ram_free, in_ram, kv_ram).min(room(machine.vram, on_gpu, kv_gpu));
    Fit {
        fits: largest >= plan.context as f64,
        ram: (in_ram + kv_ram * plan.context as f64) as u64,
        vram: (on_gpu + kv_gpu * plan.context as f64) as u64,
        kv_bytes_per_token: kv,
        largest_context: if largest.is_finite() { largest as u64 } else { plan.context },
    }
}

/// Size of a KV type relative to f16.
fn kv_factor(kv_type: KvType) -> f64 {
    kv_type.bytes(BLOCK) as f64 / KvType::F16.bytes(BLOCK) as f64
}

/// Elements that quantised types store together.
const BLOCK: u64 = 32;

/// The highest possible tokens per second: every active weight in main memory is read once per token. `None` if no weights are there.
pub fn decode_ceiling(plan: &Plan, bandwidth: f64) -> Option<f64> {
    let weights = plan.weights as f64;
    let rest = weights * (1.0 - plan.expert_share);
    let active = if plan.active_share > 0.0 { weights * plan.active_share } else { weights };
    let routed = (active - rest).max(0.0);
    let routed_in_ram = if plan.experts_in_ram { routed } else { routed * (1.0 - plan.gpu_share) };
    let read = rest.min(active) * (1.0 - plan.gpu_share) + routed_in_ram;
    (read >= 1.0).then(|| bandwidth / read)
}

/// This machine, as the system reports it. Unknown numbers are 0.
pub fn machine() -> Machine {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let field = |name: &str| {
        let line = meminfo.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let ram = field("MemTotal:").unwrap_or_default() * 1024;
    let ram_free = field("MemAvailable:").map_or(ram, |kilobytes| kilobytes * 1024);
    Machine { ram, ram_free, vram: nvidia_memory().unwrap_or_else(amd_memory) }
}

fn nvidia_memory() -> Option<u64> {
    let query = ["--query-gpu=memory.total", "--format=csv,noheader,nounits"];
    let output = Command::new("nvidia-smi").args(query).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(text.lines().filter_map(|line| line.trim().parse::<u64>().ok()).sum::<u64>() << 20)
}

fn amd_memory() -> u64 {
    let cards = std::fs::read_dir("/sys/class/drm").into_iter().flatten().flatten();
    let totals = cards.filter_map(|card| std::fs::read_to_string(card.path().join("device/mem_info_vram_total")).ok());
    totals.filter_map(|text| text.trim().parse::<u64>().ok()).sum()
}

/// Bytes per second of main memory, measured by reading on all cores for about a tenth of a second, as decoding does.
pub fn memory_bandwidth() -> f64 {
    const READ_BLOCK_BYTES: usize = 64 << 20;
    const READ_ROUNDS: usize = 2;
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(16));
    // Written once beforehand, so that no page fault is measured. Comparing reads them as fast as the machine can.
    let (one, other) = (vec![1u8; READ_BLOCK_BYTES], vec![1u8; READ_BLOCK_BYTES]);
    let part = READ_BLOCK_BYTES.div_ceil(threads);
    let started = Instant::now();
    for _ in 0..READ_ROUNDS {
        std::thread::scope(|scope| {
            for (one, other) in one.chunks(part).zip(other.chunks(part)) {
                scope.spawn(move || std::hint::black_box(std::hint::black_box(one) == std::hint::black_box(other)));
            }
        });
    }
    (2 * READ_ROUNDS * READ_BLOCK_BYTES) as f64 / started.elapsed().as_secs_f64().max(1e-6)
}
