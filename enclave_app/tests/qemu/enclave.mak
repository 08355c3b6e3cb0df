# The devices of QEMU's nitro-enclave machine, and no others: hw/i386/Kconfig says what NITRO_ENCLAVE asks for.
CONFIG_NITRO_ENCLAVE=y
CONFIG_MICROVM=y
CONFIG_VIRTIO_MMIO=y
CONFIG_VIRTIO_NSM=y
CONFIG_VHOST_USER_VSOCK=y
CONFIG_VIRTIO_RNG=y
