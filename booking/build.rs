//! Builds again when a migration is added: the program carries them inside.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
