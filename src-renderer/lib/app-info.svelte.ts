import type { RequestResult } from '../../src-main/contract/api.ts'
import { request } from './api.ts'

class AppInfo {
  current = $state<RequestResult<'app.info'> | null>(null)

  async load(): Promise<void> {
    this.current = await request('app.info', {})
  }
}

export const appInfo = new AppInfo()
