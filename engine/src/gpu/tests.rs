//! Devices and kernels, through the emulator.

mod device;
mod norm;
