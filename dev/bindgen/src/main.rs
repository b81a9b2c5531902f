//! `bindgen WASM FOLDER`: what `wasm-bindgen --target web --no-typescript --out-name vigie` does.

use std::error::Error;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let [wasm, folder] = <[String; 2]>::try_from(std::env::args().skip(1).collect::<Vec<_>>())
        .map_err(|_| "usage: bindgen WASM FOLDER")?;
    Bindgen::new().input_path(wasm).web(true)?.typescript(false).out_name("vigie").generate(folder)?;
    Ok(())
}
