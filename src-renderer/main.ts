import { mount } from 'svelte'
import App from './app.svelte'
import StartFailure from './start-failure.svelte'
import './styles/fonts.css'
import './styles/tokens.css'
import './styles/base.css'

const target = document.getElementById('app')!
const failure = new URLSearchParams(location.hash.slice(1))
const code = failure.get('code')

if (code === null) mount(App, { target })
else
  mount(StartFailure, {
    target,
    props: { code, message: failure.get('message') ?? '', hint: failure.get('hint') ?? '' },
  })
