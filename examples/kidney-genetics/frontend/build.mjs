// Stands in for the bundler: copies the sources to dist/.
import { cp } from 'node:fs/promises'

await cp('src', 'dist', { recursive: true })
