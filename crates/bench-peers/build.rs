//! Makes the stubs of `rpc-tonic`, as `protoc` and tonic would from a `.proto` file.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let add = Method::builder()
        .name("add")
        .route_name("Add")
        .input_type("crate::Pair")
        .output_type("crate::Sum")
        .codec_path("tonic_prost::ProstCodec")
        .build();
    let adder = Service::builder().name("Adder").package("bench").method(add).build();
    Builder::new().compile(&[adder]);
    println!("cargo::rerun-if-changed=build.rs");
}
