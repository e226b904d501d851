//! Compiles the engine's CUDA kernels for the processor. Kernels are found by preprocessing: a marker stands where CUDA has
//! `__global__`, and the name before the next parenthesis is a kernel's. A machine without a C++ compiler gets an empty table.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const MARK: &str = "MIXTRAL_KERNEL_MARK";

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let (kernels, shim) = (here.join("../src/gpu/kernels"), here.join("shim"));
    println!("cargo:rerun-if-changed={}", kernels.display());
    println!("cargo:rerun-if-changed={}", shim.display());
    println!("cargo:rerun-if-env-changed=CXX");
    println!("cargo:rustc-check-cfg=cfg(no_cpp)");
    if compiler(&shim, &kernels).try_get_compiler().is_err() || !runs(&compiler(&shim, &kernels)) {
        println!("cargo:rustc-cfg=no_cpp");
        return Ok(());
    }
    let mut sources: Vec<PathBuf> = std::fs::read_dir(&kernels)?.filter_map(Result::ok).map(|e| e.path()).collect();
    sources.retain(|path| path.extension().is_some_and(|end| end == "cu"));
    sources.push(shim.join("self_test.cu"));
    sources.sort();
    let mut build = compiler(&shim, &kernels);
    build.opt_level(2).file(shim.join("runtime.cpp"));
    let (mut declared, mut listed) = (String::new(), String::new());
    for source in &sources {
        let stem = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut text = format!("#include \"{}\"\n#include \"launch.h\"\n", source.display());
        let path = out.join(format!("{stem}.cpp"));
        // First the kernel's source alone, in a C++ file, for its names; then with the table of them.
        std::fs::write(&path, &text)?;
        let found = names(&path, &shim, &kernels)?;
        writeln!(text, "extern const emulator::Entry table_{stem}[] = {{")?;
        for name in found {
            writeln!(text, "    emulator::entry(\"{name}\", {name}),")?;
        }
        writeln!(text, "    {{}},\n}};")?;
        std::fs::write(&path, text)?;
        build.file(path);
        writeln!(declared, "extern const emulator::Entry table_{stem}[];")?;
        write!(listed, "table_{stem}, ")?;
    }
    let all = out.join("all_tables.cpp");
    std::fs::write(
        &all,
        format!(
            "#include \"launch.h\"\n{declared}\nextern const emulator::Entry* const all_tables[] = {{ {listed}nullptr }};\n"
        ),
    )?;
    build.file(all).try_compile("mixtral_kernels")?;
    Ok(())
}

fn compiler(shim: &Path, kernels: &Path) -> cc::Build {
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").include(shim).include(kernels).define("MIXTRAL_EMULATED", None);
    // Kernels never throw, and a stack protector knows nothing of fibres.
    for flag in ["-march=native", "-fno-exceptions", "-fno-stack-protector", "-fcf-protection=none"] {
        build.flag_if_supported(flag);
    }
    // nvcc warns of what is wrong in kernels; here they meet macros that it does not know.
    for flag in ["-Wno-unused", "-Wno-unknown-pragmas", "-Wno-attributes", "-Wno-unused-parameter"] {
        build.flag_if_supported(flag);
    }
    build.cargo_warnings(true).warnings(false);
    build
}

fn runs(build: &cc::Build) -> bool {
    build
        .try_get_compiler()
        .is_ok_and(|tool| tool.to_command().arg("--version").output().is_ok_and(|o| o.status.success()))
}

fn names(source: &Path, shim: &Path, kernels: &Path) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let expanded = compiler(shim, kernels).define("MIXTRAL_SCAN", None).file(source).try_expand()?;
    let expanded = String::from_utf8_lossy(&expanded);
    let name = |part: &str| part.split('(').next().unwrap_or_default().split_whitespace().last().map(str::to_owned);
    Ok(expanded.split(MARK).skip(1).filter_map(name).collect())
}
