//! Writes the generated workflows and their tests, one file for each test binary.

#[allow(dead_code, unreachable_pub, reason = "the library has the same module, and uses all of it")]
#[path = "src/generate/mod.rs"]
mod generate;

use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/generate");
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut library = String::new();
    generate::constructs::library().iter().for_each(|workflow| generate::print::workflow(&mut library, workflow, "pub "));
    fs::write(Path::new(&out).join("library.rs"), library).expect("OUT_DIR can be written");
    for suite in generate::suites() {
        let file = Path::new(&out).join(format!("{}.rs", suite.name));
        fs::write(file, generate::print::suite(&suite)).expect("OUT_DIR can be written");
    }
}
