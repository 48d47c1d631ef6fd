//! Packs the files of the pages into the binary: each as it is, with brotli and with gzip.
//!
//! No other program is needed to build them: what a browser gets is what stands in `pages/assets`.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const FOLDER: &str = "pages/assets";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut names = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let mut version = DefaultHasher::new();
    let mut table = String::new();
    for name in &names {
        let plain = fs::read(Path::new(FOLDER).join(name))?;
        (name, &plain).hash(&mut version);
        fs::write(out.join(name), &plain)?;
        fs::write(out.join(format!("{name}.br")), brotli(&plain)?)?;
        fs::write(out.join(format!("{name}.gz")), gzip(&plain)?)?;
        let file =
            |end: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}{end}\"))");
        let (plain, br, gz) = (file(""), file(".br"), file(".gz"));
        let row = format!("File {{ name: {name:?}, plain: {plain}, brotli: {br}, gzip: {gz} }},\n");
        table.push_str(&row);
    }
    let mut code = String::new();
    let version = version.finish();
    writeln!(code, "const VERSION: &str = \"{version:016x}\";").map_err(io::Error::other)?;
    writeln!(code, "static FILES: &[File] = &[\n{table}];").map_err(io::Error::other)?;
    fs::write(out.join("assets.rs"), code)
}

fn brotli(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let settings = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &*plain, &mut packed, &settings)?;
    Ok(packed)
}

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(plain)?;
    packer.finish()
}
