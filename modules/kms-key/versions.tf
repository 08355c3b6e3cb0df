terraform {
  required_version = ">= 1.9" # validations that read other variables

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.84" # as modules/bitcoin-enclave-node, which has the reason
    }
  }
}
