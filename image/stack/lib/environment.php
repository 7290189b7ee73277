<?php
declare(strict_types=1);
namespace Stack;

/** A variable of the environment; empty counts as not set. A secret in a file (NAME_FILE) wins over NAME. */
function environment(string $name): ?string
{
    $file = getenv($name . '_FILE');
    if ($file !== false && $file !== '') {
        $content = @file_get_contents($file);
        if ($content === false) {
            throw new \RuntimeException("{$name}_FILE names a file that cannot be read: $file");
        }
        return rtrim($content, "\r\n");
    }
    $value = getenv($name);
    return $value === false || $value === '' ? null : $value;
}

/** The items of a comma-separated variable. */
function environment_list(string $name): array
{
    return array_values(array_filter(array_map('trim', explode(',', environment($name) ?? '')), static fn (string $item) => $item !== ''));
}
