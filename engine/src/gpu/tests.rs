//! Devices and kernels, through the emulator.

mod attention;
mod device;
mod forward;
mod memory;
mod norm;
mod route;
mod rows;
mod sample;

#[expect(dead_code, reason = "helpers of the golden tests, of which some are needed here")]
#[path = "../../tests/golden/drive.rs"]
mod drive;
#[path = "../../tests/golden/plain.rs"]
mod plain;
#[expect(dead_code, reason = "helpers of the golden tests, of which some are needed here")]
#[path = "../../tests/golden/tiny.rs"]
mod tiny;
