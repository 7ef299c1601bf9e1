//! Says hello, then copies its input.

pub fn run() -> u8 {
    // BEGIN SOLUTION
    println!("{}", ipc_kit::HELLO);
    match std::io::copy(&mut std::io::stdin(), &mut std::io::stdout()) {
        Ok(_) => 0,
        Err(_) => 1,
    }
    // END SOLUTION
    // STUB: todo!("M1: say hello")
}
