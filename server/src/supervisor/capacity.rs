//! What the machine has, and what a model file will need of it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::placement::DeviceSlot;
use super::view::LocalModel;
use crate::domain::{Device, DevicePreference, MemoryBudget, SharedWeights};
use crate::inference_server::inspect::{Depth, ModelFacts, on_disk};
use crate::inference_server::{Inspector, shard_files, split_type};

/// A device and its memory as found at start, before any worker took of it.
pub type Capacity = DeviceSlot;

/// What a worker needs beside the weights and the cache of each model: activations, buffers.
const BESIDE: u64 = 128 << 20;

/// The devices that the operator chose; `auto` is every GPU that this build can use, else the CPU. A device that is
/// named is taken at its word: its worker will say if it is not there.
/// What the operator says of its memory goes before what is free.
pub fn find_devices(chosen: &[DevicePreference], said: &[MemoryBudget]) -> Vec<Capacity> {
    let gpus = if crate::inference_server::CAN_USE_GPUS { gpus() } else { Vec::new() };
    let mut devices: Vec<Capacity> = Vec::new();
    let mut add = |device: Capacity| {
        if devices.iter().all(|other| other.device != device.device) {
            devices.push(device);
        }
    };
    for one in chosen {
        match *one {
            DevicePreference::Auto if gpus.is_empty() => add(cpu()),
            DevicePreference::Auto => gpus.iter().cloned().for_each(&mut add),
            DevicePreference::On(Device::Cpu) => add(cpu()),
            DevicePreference::On(device) => {
                let known = gpus.iter().find(|gpu| gpu.device == device).cloned();
                add(known.unwrap_or(DeviceSlot { device, memory: None }));
            }
        }
    }
    for one in &mut devices {
        one.memory = MemoryBudget::of(said, one.device).or(one.memory);
    }
    devices
}

fn cpu() -> Capacity {
    let available = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| meminfo(&text));
    let limit = cgroup_room();
    let memory = match (available, limit) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    DeviceSlot { device: Device::Cpu, memory }
}

fn meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// What a container's limit leaves; none where there is no limit.
fn cgroup_room() -> Option<u64> {
    let read = |file: &str| std::fs::read_to_string(Path::new("/sys/fs/cgroup").join(file)).ok();
    let number = |text: String| text.trim().parse::<u64>().ok();
    let limit = number(read("memory.max")?)?;
    let used = number(read("memory.current")?)?;
    Some(limit.saturating_sub(used))
}

/// The NVIDIA GPUs as the driver's own tool lists them.
fn gpus() -> Vec<Capacity> {
    let output = std::process::Command::new("nvidia-smi")
        .args(["--query-gpu=index,memory.free", "--format=csv,noheader,nounits"])
        .output();
    match output {
        Ok(output) if output.status.success() => smi(&String::from_utf8_lossy(&output.stdout)),
        _ => Vec::new(),
    }
}

fn smi(text: &str) -> Vec<Capacity> {
    let line = |line: &str| {
        let (index, mebibytes) = line.split_once(',')?;
        let index: u16 = index.trim().parse().ok()?;
        let memory = mebibytes.trim().parse::<u64>().ok().map(|mebibytes| mebibytes << 20);
        Some(DeviceSlot { device: Device::Cuda(index), memory })
    };
    text.lines().filter_map(line).collect()
}

/// How much memory a model will take, and what of it others on the same files take too: by its header, else by the size of its files and a tenth for
/// what is converted. A path that cannot be read needs nothing: the worker that tries to load it will
/// say what is wrong.
pub(super) fn needed(model: &LocalModel, inspector: &Inspector) -> (u64, Option<SharedWeights>) {
    let bytes = file_bytes(on_disk(&model.path));
    if bytes == 0 {
        // Asked again every few seconds: no process for what is not there.
        return (0, None);
    }
    match inspector.inspect(&model.path, model.base.as_deref(), model.context, Depth::Header, None) {
        Ok(facts) => {
            let weights = SharedWeights { key: key_of(&facts), bytes: facts.shared_memory };
            (facts.memory.saturating_add(BESIDE), Some(weights))
        }
        Err(_) => (bytes + bytes / 10 + BESIDE, None),
    }
}

/// The same for models whose weights are read from the same files in the same type.
fn key_of(facts: &ModelFacts) -> u64 {
    let weights = facts.base.as_ref().unwrap_or(&facts.file);
    let (path, kind) = split_type(weights);
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut hasher = DefaultHasher::new();
    (path, kind.map(str::to_lowercase)).hash(&mut hasher);
    hasher.finish()
}

fn file_bytes(path: &Path) -> u64 {
    let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if !path.is_dir() {
        return shard_files(path).iter().map(|file| bytes(file)).sum();
    }
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    let files = entries.filter_map(Result::ok).map(|entry| entry.path());
    let is_weights = |path: &PathBuf| path.extension().is_some_and(|end| end == "gguf" || end == "safetensors");
    files.filter(is_weights).map(|file| bytes(&file)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ModelId;

    #[test]
    fn the_machine_s_own_words_are_read() {
        assert_eq!(meminfo("MemTotal: 9 kB\nMemAvailable:   22128440 kB\n"), Some(22_128_440 * 1024));
        let gpus = smi("0, 81000\n1, [N/A]\n\n");
        assert_eq!(gpus[0], DeviceSlot { device: Device::Cuda(0), memory: Some(81_000 << 20) });
        assert_eq!(gpus[1].memory, None);
        assert_eq!(gpus.len(), 2);
        assert_eq!(find_devices(&[DevicePreference::On(Device::Cpu); 2], &[]).len(), 1);
        assert!(find_devices(&[], &[]).is_empty());
        let said = [MemoryBudget { device: None, bytes: 5 }];
        assert_eq!(find_devices(&[DevicePreference::On(Device::Cpu)], &said)[0].memory, Some(5));
    }

    #[test]
    fn all_shards_and_all_files_of_a_folder_count() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, len: usize| std::fs::write(folder.path().join(name), vec![0; len]).unwrap();
        write("x-00001-of-00002.gguf", 100);
        write("x-00002-of-00002.gguf", 200);
        write("y.gguf", 400);
        write("readme.txt", 800);
        assert_eq!(file_bytes(&folder.path().join("x-00001-of-00002.gguf")), 300);
        assert_eq!(file_bytes(&folder.path().join("y.gguf")), 400);
        assert_eq!(file_bytes(folder.path()), 700);
        let needed = |path: &Path, context: Option<usize>| {
            let (id, name) = (ModelId(uuid::Uuid::nil()), String::new());
            let model =
                LocalModel { id, name, path: path.to_owned(), base: None, device: DevicePreference::Auto, context };
            needed(&model, &Inspector::new("arena".into())).0
        };
        assert_eq!(needed(&folder.path().join("absent.gguf"), None), 0);
        assert!(needed(folder.path(), None) > BESIDE);
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/models/poet-14m-q8_0.gguf");
        let (short, long) = (needed(&demo, Some(64)), needed(&demo, Some(256)));
        assert!(short > BESIDE + file_bytes(&demo) / 2 && long > short, "the cache counts: {short} {long}");
    }
}
