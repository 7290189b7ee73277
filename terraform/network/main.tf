# One VPC over two or more availability zones: public subnets for the load balancer and the tasks, database
# subnets without a route to the internet, and security groups that chain internet → load balancer → task → database.

data "aws_availability_zones" "available" {
  state = "available"

  # Local and Wavelength Zones, once opted in, are listed too, and neither RDS nor this load balancer fits there.
  filter {
    name   = "zone-type"
    values = ["availability-zone"]
  }
}

locals {
  zones = var.availability_zones != null ? var.availability_zones : slice(data.aws_availability_zones.available.names, 0, var.az_count)

  # /24 subnets of a /16 (10.0.1.0/24, 10.0.2.0/24 …; 10.0.11.0/24 …); in a smaller VPC the smallest that AWS allows.
  subnet_bits    = min(8, 28 - tonumber(split("/", var.vpc_cidr)[1]))
  public_cidrs   = var.public_subnet_cidrs != null ? var.public_subnet_cidrs : [for i in range(var.az_count) : cidrsubnet(var.vpc_cidr, local.subnet_bits, 1 + i)]
  database_cidrs = var.database_subnet_cidrs != null ? var.database_subnet_cidrs : [for i in range(var.az_count) : cidrsubnet(var.vpc_cidr, local.subnet_bits, 11 + i)]

  # First and last address of each range as numbers, to compare them.
  ranges = [for c in concat([var.vpc_cidr], local.public_cidrs, local.database_cidrs) : {
    cidr  = c
    first = sum([for i, octet in split(".", cidrhost(c, 0)) : tonumber(octet) * pow(256, 3 - i)])
    last  = sum([for i, octet in split(".", cidrhost(c, -1)) : tonumber(octet) * pow(256, 3 - i)])
  }]
  vpc_range     = local.ranges[0]
  subnet_ranges = slice(local.ranges, 1, length(local.ranges))
  outside       = [for r in local.subnet_ranges : r.cidr if r.first < local.vpc_range.first || r.last > local.vpc_range.last]
  overlaps = flatten([for i, a in local.subnet_ranges : [
    for j, b in local.subnet_ranges : "${a.cidr} and ${b.cidr}" if i < j && a.first <= b.last && b.first <= a.last
  ]])
}

resource "aws_vpc" "this" {
  cidr_block           = var.vpc_cidr
  enable_dns_hostnames = true # with DNS support (AWS's default), the database's name resolves to its private address

  tags = merge(var.tags, { Name = "${var.name}-vpc" })

  lifecycle {
    precondition {
      condition     = length(local.outside) == 0
      error_message = "These subnets are not inside vpc_cidr ${var.vpc_cidr}: ${join(", ", local.outside)}."
    }
    precondition {
      condition     = length(local.overlaps) == 0
      error_message = "These subnets overlap each other: ${join("; ", local.overlaps)}."
    }
  }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-igw" })
}

# map_public_ip_on_launch stays off: the service asks for the public addresses of its tasks itself, so nothing else
# that is ever put into these subnets gets one by accident.
resource "aws_subnet" "public" {
  count = var.az_count

  vpc_id            = aws_vpc.this.id
  cidr_block        = local.public_cidrs[count.index]
  availability_zone = local.zones[count.index]

  tags = merge(var.tags, { Name = "${var.name}-public-${count.index + 1}" })
}

resource "aws_subnet" "database" {
  count = var.az_count

  vpc_id            = aws_vpc.this.id
  cidr_block        = local.database_cidrs[count.index]
  availability_zone = local.zones[count.index]

  tags = merge(var.tags, { Name = "${var.name}-database-${count.index + 1}" })
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-public" })
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

# Its own table, not the VPC's main one: a route added to the main table later must not open the database subnets.
resource "aws_route_table" "database" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-database" })
}

resource "aws_route_table_association" "public" {
  count = var.az_count

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "database" {
  count = var.az_count

  subnet_id      = aws_subnet.database[count.index].id
  route_table_id = aws_route_table.database.id
}
