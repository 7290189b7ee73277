variable "name" {
  description = "Name of the repository, for example \"drupal\"."
  type        = string

  validation {
    condition     = length(var.name) >= 2 && length(var.name) <= 256 && can(regex("^[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*$", var.name))
    error_message = "name must be a repository name of 2 to 256 characters: lower case letters and digits, separated by single . _ - or /."
  }
}

variable "image_tag_mutability" {
  description = "MUTABLE lets a push move a tag; IMMUTABLE refuses a push to a tag that exists."
  type        = string
  default     = "MUTABLE"

  validation {
    condition     = contains(["MUTABLE", "IMMUTABLE"], var.image_tag_mutability)
    error_message = "image_tag_mutability must be MUTABLE or IMMUTABLE."
  }
}

variable "force_delete" {
  description = "Whether destroy deletes the repository together with its images. With false, destroy fails while an image is there."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags for every resource, beside the provider's default_tags."
  type        = map(string)
  default     = {}
}
