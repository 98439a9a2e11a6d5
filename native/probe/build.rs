//! Tells the linker that Node-API's functions come from the program that loads this library.

fn main() {
    napi_build::setup();
}
