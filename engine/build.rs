//! With `--features cuda`: compiles the kernels with nvcc into code for the architectures of today, to be embedded. The driver
//! itself is found at run time, so that the program starts on machines without one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Compute capabilities that get code of their own; the last also as PTX, for what comes later.
const ARCHITECTURES: [&str; 4] = ["80", "86", "89", "90"];

fn main() -> Outcome {
    println!("cargo:rustc-check-cfg=cfg(no_cpp)");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=CXX");
    // What the emulator's build finds, by the same rule: without a compiler its tests are skipped with that reason.
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
    if !Command::new(compiler).arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("cargo:rustc-cfg=no_cpp");
    }
    if std::env::var_os("CARGO_FEATURE_CUDA").is_some() { kernels() } else { Ok(()) }
}

fn kernels() -> Outcome {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("src/gpu/kernels");
    println!("cargo:rerun-if-changed={}", folder.display());
    for variable in ["CUDA_COMPUTE_CAP", "CUDA_HOME", "CUDA_PATH", "NVCC"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let mut sources: Vec<PathBuf> = std::fs::read_dir(&folder)?.filter_map(Result::ok).map(|e| e.path()).collect();
    sources.retain(|path| path.extension().is_some_and(|end| end == "cu"));
    sources.sort();
    let width = std::thread::available_parallelism()?.get();
    let mut list = String::from("/// Each source's name and its code.\nconst FATBINS: &[(&str, &[u8])] = &[\n");
    for sources in sources.chunks(width) {
        let running: Vec<(PathBuf, Child)> =
            sources.iter().map(|source| compile(source, &out)).collect::<Outcome<_>>()?;
        for (fatbin, mut child) in running {
            if !child.wait()?.success() {
                return Err(format!("nvcc failed: {}", fatbin.display()).into());
            }
            let name = fatbin.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            writeln!(list, "    ({name:?}, include_bytes!({:?})),", fatbin.display().to_string())?;
        }
    }
    list.push_str("];\n");
    std::fs::write(out.join("fatbins.rs"), list)?;
    Ok(())
}

fn compile(source: &Path, out: &Path) -> Outcome<(PathBuf, Child)> {
    let fatbin = out.join(source.file_name().unwrap_or_default()).with_extension("fatbin");
    let home = ["CUDA_HOME", "CUDA_PATH"].into_iter().find_map(std::env::var_os);
    let nvcc =
        std::env::var_os("NVCC").map(PathBuf::from).or_else(|| home.map(|home| Path::new(&home).join("bin/nvcc")));
    let nvcc = nvcc.filter(|path| path.exists()).unwrap_or_else(|| "nvcc".into());
    let mut command = Command::new(&nvcc);
    // No fast-math: it lets NaN pass unseen, and changes what exp gives.
    command.args(["--fatbin", "-O3", "-std=c++17", "-lineinfo", "--compress-mode=size"]);
    match std::env::var("CUDA_COMPUTE_CAP") {
        Ok(one) => command.args(architecture(&one, true)),
        Err(_) => {
            let last = ARCHITECTURES.len() - 1;
            command.args((0..).zip(ARCHITECTURES).flat_map(|(at, name)| architecture(name, at == last)))
        }
    };
    command.arg("-o").arg(&fatbin).arg(source);
    let child = command.spawn().map_err(|error| format!("{} (CUDA's compiler): {error}", nvcc.display()))?;
    Ok((fatbin, child))
}

/// What asks nvcc for code of an architecture, and for its PTX.
fn architecture(name: &str, ptx: bool) -> Vec<String> {
    let name = name.replace('.', "");
    let mut arguments = vec![format!("-gencode=arch=compute_{name},code=sm_{name}")];
    if ptx {
        arguments.push(format!("-gencode=arch=compute_{name},code=compute_{name}"));
    }
    arguments
}
