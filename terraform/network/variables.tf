variable "name" {
  description = "Prefix of every name in this network, for example \"drupal\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name must be 2 to 20 lower case letters, digits and single hyphens, start with a letter and not end with a hyphen; it becomes part of names that AWS limits to 32 characters."
  }
}

variable "vpc_cidr" {
  description = "IPv4 range of the VPC in CIDR notation, /16 to /28 (/24 or larger when the subnets are derived from it)."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr))
    error_message = "vpc_cidr must be an IPv4 range in CIDR notation such as 10.0.0.0/16."
  }
  validation {
    condition     = !can(cidrnetmask(var.vpc_cidr)) || try(cidrsubnet(var.vpc_cidr, 0, 0) == var.vpc_cidr, false)
    error_message = "vpc_cidr must be the first address of its range: host bits after the prefix must be zero (10.0.0.0/16, not 10.0.0.5/16)."
  }
  validation {
    condition     = !can(cidrnetmask(var.vpc_cidr)) || try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 28, false)
    error_message = "vpc_cidr must have a prefix between /16 and /28: AWS accepts no other VPC size."
  }
  validation {
    condition     = var.public_subnet_cidrs != null || try(tonumber(split("/", var.vpc_cidr)[1]) <= 24, true)
    error_message = "vpc_cidr is too small to derive subnets from (it must be /24 or larger): give public_subnet_cidrs and database_subnet_cidrs."
  }
}

variable "az_count" {
  description = "Number of availability zones to spread over, 2 to 4. The load balancer and the database subnet group both need two."
  type        = number
  default     = 2

  validation {
    condition     = contains([2, 3, 4], var.az_count)
    error_message = "az_count must be 2, 3 or 4: a load balancer and a database subnet group need at least two availability zones."
  }
}

variable "availability_zones" {
  description = "Names of the availability zones to use, one for each of az_count. Null takes the first ones that the region offers."
  type        = list(string)
  default     = null

  validation {
    condition     = var.availability_zones == null ? true : length(var.availability_zones) == var.az_count
    error_message = "availability_zones must name exactly az_count zones."
  }
  validation {
    condition     = var.availability_zones == null ? true : length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones must not name a zone twice: AWS refuses two load balancer subnets in one zone."
  }
}

variable "public_subnet_cidrs" {
  description = "IPv4 ranges of the public subnets (load balancer, tasks), one for each zone. Null derives them from vpc_cidr; give both lists of subnets or none."
  type        = list(string)
  default     = null

  validation {
    condition     = (var.public_subnet_cidrs == null) == (var.database_subnet_cidrs == null)
    error_message = "public_subnet_cidrs and database_subnet_cidrs must be given together: a derived list could overlap a given one."
  }
  validation {
    condition     = var.public_subnet_cidrs == null ? true : length(var.public_subnet_cidrs) == var.az_count
    error_message = "public_subnet_cidrs must hold exactly az_count ranges, one for each availability zone."
  }
  validation {
    condition     = var.public_subnet_cidrs == null ? true : alltrue([for c in var.public_subnet_cidrs : try(cidrsubnet(c, 0, 0) == c && can(cidrnetmask(c)) && tonumber(split("/", c)[1]) >= 16 && tonumber(split("/", c)[1]) <= 28, false)])
    error_message = "public_subnet_cidrs must be IPv4 ranges in CIDR notation with a prefix between /16 and /28 and no host bits set."
  }
}

variable "database_subnet_cidrs" {
  description = "IPv4 ranges of the database subnets (no route to the internet), one for each zone. Null derives them from vpc_cidr."
  type        = list(string)
  default     = null

  validation {
    condition     = var.database_subnet_cidrs == null ? true : length(var.database_subnet_cidrs) == var.az_count
    error_message = "database_subnet_cidrs must hold exactly az_count ranges, one for each availability zone."
  }
  validation {
    condition     = var.database_subnet_cidrs == null ? true : alltrue([for c in var.database_subnet_cidrs : try(cidrsubnet(c, 0, 0) == c && can(cidrnetmask(c)) && tonumber(split("/", c)[1]) >= 16 && tonumber(split("/", c)[1]) <= 28, false)])
    error_message = "database_subnet_cidrs must be IPv4 ranges in CIDR notation with a prefix between /16 and /28 and no host bits set."
  }
}

variable "ingress_ports" {
  description = "TCP ports on which the load balancer is reachable from ingress_cidrs. One port for each listener."
  type        = list(number)
  default     = [80]

  validation {
    condition     = length(var.ingress_ports) > 0 && alltrue([for p in var.ingress_ports : p >= 1 && p <= 65535 && floor(p) == p])
    error_message = "ingress_ports must hold at least one port, each a whole number from 1 to 65535."
  }
  validation {
    condition     = length(distinct(var.ingress_ports)) == length(var.ingress_ports)
    error_message = "ingress_ports must not name a port twice: AWS refuses a duplicate rule."
  }
  validation {
    condition     = length(setintersection(toset(var.ingress_ports), toset([22, 23, 445, 1433, 3306, 3389, 5432, 6379, 11211, 27017]))) == 0
    error_message = "ingress_ports must not open a remote access or database port (22, 23, 445, 1433, 3306, 3389, 5432, 6379, 11211, 27017) on the load balancer."
  }
}

variable "ingress_cidrs" {
  description = "IPv4 ranges from which the load balancer is reachable."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length(var.ingress_cidrs) > 0 && alltrue([for c in var.ingress_cidrs : can(cidrnetmask(c)) && try(cidrsubnet(c, 0, 0) == c, false)])
    error_message = "ingress_cidrs must hold at least one IPv4 range in CIDR notation without host bits, such as 0.0.0.0/0 or 203.0.113.0/24."
  }
  validation {
    condition     = length(distinct(var.ingress_cidrs)) == length(var.ingress_cidrs)
    error_message = "ingress_cidrs must not name a range twice: AWS refuses a duplicate rule."
  }
}

variable "container_port" {
  description = "TCP port on which the tasks listen; only the load balancer may reach it."
  type        = number
  default     = 80

  validation {
    condition     = var.container_port >= 1 && var.container_port <= 65535 && floor(var.container_port) == var.container_port
    error_message = "container_port must be a whole number from 1 to 65535."
  }
}

variable "database_port" {
  description = "TCP port of the database; only the tasks may reach it."
  type        = number
  default     = 3306

  validation {
    condition     = var.database_port >= 1150 && var.database_port <= 65535 && floor(var.database_port) == var.database_port
    error_message = "database_port must be a whole number from 1150 to 65535, the range that RDS for MySQL accepts."
  }
}

variable "task_egress_ports" {
  description = "TCP ports on which tasks may reach the internet. 443 is what they need for the image, the secrets, the logs and Drupal's update feeds."
  type        = list(number)
  default     = [443]

  validation {
    condition     = alltrue([for p in var.task_egress_ports : p >= 1 && p <= 65535 && floor(p) == p]) && length(distinct(var.task_egress_ports)) == length(var.task_egress_ports)
    error_message = "task_egress_ports must be distinct whole numbers from 1 to 65535."
  }
  validation {
    condition     = contains(var.task_egress_ports, 443)
    error_message = "task_egress_ports must contain 443: without it no task can pull its image, read its secrets or write its log."
  }
}

variable "shared_files" {
  description = "Whether tasks mount a shared file system; adds a security group for its mount targets that only the tasks reach on 2049 (NFS)."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags for every resource, beside the provider's default_tags."
  type        = map(string)
  default     = {}
}
