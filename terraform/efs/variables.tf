variable "name" {
  description = "Name of the file system."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,38}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 40 lower case letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "subnet_ids" {
  description = "Subnets of the mount targets, one in each zone that tasks run in."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "subnet_ids must name at least one subnet."
  }
}

variable "security_group_ids" {
  description = "Security groups of the mount targets; they must let the tasks in on 2049."
  type        = list(string)

  validation {
    condition     = length(var.security_group_ids) > 0 && length(var.security_group_ids) <= 5
    error_message = "security_group_ids must name one to five groups: without one AWS uses the VPC's default group, and a mount target takes at most five."
  }
}

variable "owner_id" {
  description = "User and group id that own the files: 33, www-data, in the image of this stack."
  type        = number
  default     = 33

  validation {
    condition     = var.owner_id > 0 && var.owner_id <= 65534 && floor(var.owner_id) == var.owner_id
    error_message = "owner_id must be a whole number from 1 to 65534; 0 would let every task write as root."
  }
}

variable "tags" {
  description = "Tags for every resource, beside the provider's default_tags."
  type        = map(string)
  default     = {}
}
