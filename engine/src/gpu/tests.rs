//! Devices and kernels, through the emulator.

mod attention;
mod device;
mod norm;
mod sample;
