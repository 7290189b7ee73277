# The registry that the tasks pull their image from. A service is told the image by digest, so a moved tag never
# changes what runs; IMMUTABLE tags are for teams that also read tags.

resource "aws_ecr_repository" "this" {
  name                 = var.name
  image_tag_mutability = var.image_tag_mutability
  force_delete         = var.force_delete

  tags = merge(var.tags, { Name = var.name })
}
