terraform {
  required_version = ">= 1.11.0" # write-only arguments: what keeps the hash salt out of the state

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0.0, < 7.0.0"
    }
  }
}

# Credentials and endpoint come from the environment (AWS_PROFILE, AWS_ENDPOINT_URL, …): where this stack runs is
# not written in it.
provider "aws" {
  region = var.region

  default_tags {
    tags = merge(var.tags, {
      Project   = var.name
      ManagedBy = "terraform"
    })
  }
}
