<?php
declare(strict_types=1);
namespace Stack;

/** What take-site put into /app. */
enum Kind: string
{
    case Drupal = 'drupal';
    case Canary = 'canary';
    case Other = 'other';
}

function docroot(): string
{
    return rtrim('/app/' . trim((string) file_get_contents('/app/.docroot')), './');
}

function kind(): Kind
{
    return match (true) {
        is_file('/app/canary') => Kind::Canary,
        is_file(docroot() . '/core/lib/Drupal.php') => Kind::Drupal,
        default => Kind::Other,
    };
}
